# Registers a mrnmesh daemon with the Windows Task Scheduler: it starts with the computer, before
# anybody logs on, as a user of its own, and is started again when it has ended. Run this as an
# administrator, in PowerShell:
#
#   powershell -ExecutionPolicy Bypass -File windows-task.ps1 -Program mrnmesh-node
#   powershell -ExecutionPolicy Bypass -File windows-task.ps1 -Program mrnmesh-coordinator
#   powershell -ExecutionPolicy Bypass -File windows-task.ps1 -Program mrnmesh-node -Remove
#
# LOCAL SERVICE is a user of Windows with few rights and no password. For another user, name it
# with -User; Windows then asks for its password.
param(
    [ValidateSet("mrnmesh-node", "mrnmesh-coordinator")] [string] $Program = "mrnmesh-node",
    [string] $Folder = "C:\mrnmesh",
    [string] $Data = "C:\ProgramData\$Program",
    [string] $Witness = "C:\ProgramData\$Program-witness",
    [string] $User = "NT AUTHORITY\LOCAL SERVICE",
    [switch] $Remove
)
$ErrorActionPreference = "Stop"

if ($Remove) {
    Stop-ScheduledTask -TaskName $Program
    Unregister-ScheduledTask -TaskName $Program -Confirm:$false
    exit 0
}

# Only that user, administrators and the system may read patient data.
foreach ($path in $Data, $Witness) {
    New-Item -ItemType Directory -Force -Path $path | Out-Null
    icacls $path /inheritance:r /grant:r "${User}:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F" | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "icacls failed for $path" }
}

$action = New-ScheduledTaskAction -Execute "$Folder\Scripts\$Program.exe" -Argument "--data `"$Data`" run" -WorkingDirectory $Data
$trigger = New-ScheduledTaskTrigger -AtStartup
$settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable -MultipleInstances IgnoreNew -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit ([TimeSpan]::Zero)

if ($User -eq "NT AUTHORITY\LOCAL SERVICE") {
    $principal = New-ScheduledTaskPrincipal -UserId $User -LogonType ServiceAccount
    Register-ScheduledTask -TaskName $Program -Action $action -Trigger $trigger -Settings $settings -Principal $principal -Force | Out-Null
} else {
    $password = (Get-Credential -UserName $User -Message "Password of the user that runs $Program").GetNetworkCredential().Password
    Register-ScheduledTask -TaskName $Program -Action $action -Trigger $trigger -Settings $settings -User $User -Password $password -Force | Out-Null
}
Start-ScheduledTask -TaskName $Program
Write-Host "$Program runs now and starts with Windows. Its log is in $Data\logs."
