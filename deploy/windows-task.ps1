# Registers a mrnmesh daemon with the Windows Task Scheduler: it starts with the computer, before
# anybody logs on, as a user of its own, and is started again within a minute when it has ended. Run
# this as an administrator, in PowerShell:
#
#   powershell -ExecutionPolicy Bypass -File windows-task.ps1 -Program mrnmesh-node
#   powershell -ExecutionPolicy Bypass -File windows-task.ps1 -Program mrnmesh-coordinator
#   powershell -ExecutionPolicy Bypass -File windows-task.ps1 -Program mrnmesh-node -Pause
#   powershell -ExecutionPolicy Bypass -File windows-task.ps1 -Program mrnmesh-node -Remove
#
# -Pause ends the daemon and keeps it from being started again, for a restore or an upgrade; run the
# script without it afterwards, which also sets the rights of restored files.
#
# LOCAL SERVICE is a user of Windows with few rights and no password. For another user, name it
# with -User; Windows then asks for its password.
param(
    [ValidateSet("mrnmesh-node", "mrnmesh-coordinator")] [string] $Program = "mrnmesh-node",
    [string] $Folder = "C:\mrnmesh",
    [string] $Data = "C:\ProgramData\$Program",
    [string] $Witness = "C:\ProgramData\$Program-witness",
    [string] $User = "NT AUTHORITY\LOCAL SERVICE",
    [switch] $Pause,
    [switch] $Remove
)
$ErrorActionPreference = "Stop"

if ($Pause -or $Remove) {
    Disable-ScheduledTask -TaskName $Program | Out-Null
    Stop-ScheduledTask -TaskName $Program
    if ($Remove) { Remove-NetFirewallRule -Group "mrnmesh $Program" -ErrorAction SilentlyContinue }
    if ($Remove) { Unregister-ScheduledTask -TaskName $Program -Confirm:$false }
    exit 0
}

# By their SIDs, because their names are others in other languages.
$administrators, $system, $users = "*S-1-5-32-544", "*S-1-5-18", "*S-1-5-32-545"
if ($User -eq "NT AUTHORITY\LOCAL SERVICE") {
    $owner = "*S-1-5-19"
} else {
    $account = New-Object System.Security.Principal.NTAccount($User)
    $owner = "*$($account.Translate([System.Security.Principal.SecurityIdentifier]).Value)"
}

# Only that user, administrators and the system may read patient data. What was there before, or was
# restored from a backup, gets the rights of its folder.
foreach ($path in $Data, $Witness) {
    New-Item -ItemType Directory -Force -Path $path | Out-Null
    icacls $path /inheritance:r /grant:r "${owner}:(OI)(CI)F" "${administrators}:(OI)(CI)F" "${system}:(OI)(CI)F" | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "icacls failed for $path" }
    icacls "$path\*" /reset /T /C /Q | Out-Null
}

# A folder below C:\ can be written by every user; a program in it that runs as another must not be.
icacls $Folder /inheritance:r /grant:r "${administrators}:(OI)(CI)F" "${system}:(OI)(CI)F" "${users}:(OI)(CI)RX" "${owner}:(OI)(CI)RX" | Out-Null
if ($LASTEXITCODE -ne 0) { throw "icacls failed for $Folder" }
icacls "$Folder\*" /reset /T /C /Q | Out-Null

# Desks and coordinator sync with each other and find each other (multicast DNS); the ports of the
# HTTP API stay closed. Nobody listens at 8473 or 8483 unless https_listen names it.
$ports = if ($Program -eq "mrnmesh-coordinator") { 8471, 8472, 8473 } else { 8481, 8483 }
Remove-NetFirewallRule -Group "mrnmesh $Program" -ErrorAction SilentlyContinue
New-NetFirewallRule -DisplayName "$Program" -Group "mrnmesh $Program" -Direction Inbound -Action Allow -Profile Private -Protocol TCP -LocalPort $ports | Out-Null
New-NetFirewallRule -DisplayName "$Program, finding others" -Group "mrnmesh $Program" -Direction Inbound -Action Allow -Profile Private -Protocol UDP -LocalPort 5353 -RemoteAddress LocalSubnet | Out-Null

$action = New-ScheduledTaskAction -Execute "$Folder\Scripts\$Program.exe" -Argument "--data `"$Data`" run" -WorkingDirectory $Data
# RestartCount is about a task that could not be started. One that has ended is started by the second
# trigger, which does nothing while it runs (IgnoreNew).
$triggers = @(
    (New-ScheduledTaskTrigger -AtStartup),
    (New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval (New-TimeSpan -Minutes 1))
)
$settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable -MultipleInstances IgnoreNew -RestartCount 255 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit ([TimeSpan]::Zero)

if ($User -eq "NT AUTHORITY\LOCAL SERVICE") {
    $principal = New-ScheduledTaskPrincipal -UserId "LOCALSERVICE" -LogonType ServiceAccount
    Register-ScheduledTask -TaskName $Program -Action $action -Trigger $triggers -Settings $settings -Principal $principal -Force | Out-Null
} else {
    $password = (Get-Credential -UserName $User -Message "Password of the user that runs $Program").GetNetworkCredential().Password
    Register-ScheduledTask -TaskName $Program -Action $action -Trigger $triggers -Settings $settings -User $User -Password $password -Force | Out-Null
}
Start-ScheduledTask -TaskName $Program
Write-Host "$Program runs now and starts with Windows. Its log is in $Data\logs."
