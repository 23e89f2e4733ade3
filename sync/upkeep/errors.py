"""What stops a backup, a restore, a salvage or a rebuild; see `sync.errors` for the root of the tree."""

from __future__ import annotations

from sync.errors import MrnmeshError

# backups


class BackupError(MrnmeshError):
    """A backup cannot be made or used."""

    code = "backup"


class BackupDamaged(BackupError):
    """The backup {path} cannot be used: {why}. Nothing was changed. Take another copy of it, or an earlier backup."""

    code = "backup_damaged"


class BackupOfOther(BackupError):
    """The backup {path} is that of a {kind} ({author}). Nothing was changed. Restore it with `{command}`."""

    code = "backup_of_other"


class BackupFolderMissing(BackupError):
    """There is no folder {path} to put the backup into. Connect its disk, or make the folder; another one is named by `backup_folder` in the settings of the daemon."""

    code = "backup_folder_missing"


class BackupNoRoom(BackupError):
    """There is no room for a backup in {path}: it needs {needed} MB free, and there are {free} MB. Free some, or name a folder on another disk with `backup_folder` in the settings of the daemon."""

    code = "backup_no_room"


class BackupFails(BackupError):
    """The backup in {path} could not be written: {why}. Look at that disk, its free space, and whether the user of the daemon may write there."""

    code = "backup_fails"


class BackupStopped(BackupError):
    """The backup was stopped before it was done; earlier ones are as they were. Run it again when there is time."""

    code = "backup_stopped"


class RecoveryKeyNeeded(BackupError):
    """The keys in the backup {path} are sealed, and nothing was restored. Give the recovery key that `init` showed when the coordinator was made: add --recovery-key, or set {variable}."""

    code = "recovery_key_needed"


class RestoreOntoData(BackupError):
    """The folder {path} is not empty, so nothing was restored into it and nothing in it was changed. Name a new folder with --data, or rename this one first; keep it, because it may hold people who are not in the backup."""

    code = "restore_onto_data"


# salvage


class SalvageFails(MrnmeshError):
    """The folder {path} cannot be salvaged: {why}. Nothing was changed. Name the data folder of that desk, or one of its backups."""

    code = "salvage_fails"


# tables


class RecordsUnproven(MrnmeshError):
    """The tables in {path} were not made again, and nothing was lost: only they still know what was written in the place of {what}, which is not there or has changed. Do what the alarms `records_changed` or `set_back` of the daemon say; its `docs backup` tells more."""

    code = "records_unproven"
