"""Former place of `tests.daemons.commands`."""

from tests.clinic import PERSON
from tests.daemons.commands import LiveClinic as Clinic
from tests.daemons.commands import live

__all__ = ["PERSON", "Clinic", "live"]
