"""How alarms reach people is set up whole, or refused with the setting that is wrong."""

import re

import pytest

from coordinator import config
from coordinator.alerts.settings import MailSecurity
from sync.errors import BadConfig, BadOption
from sync.model.alarms import AlarmLevel

MAIL = {
    "mail_server": "mail.clinic.example:587",
    "mail_from": "coordinator@clinic.example",
    "mail_to": "admin@clinic.example,night@clinic.example",
}


@pytest.fixture
def settings(tmp_path):
    """What loads the settings of a new coordinator, with these flags."""
    folder = tmp_path / "hub"
    config.init(folder, witness=tmp_path / "witness")

    def load(**more):
        return config.load(folder, more).alerts

    return load


def test_nothing_is_sent_unless_that_is_set(settings):
    found = settings()
    assert (found.mail, found.hook, found.level, found.every_s) == (
        None,
        None,
        AlarmLevel.WARNING,
        900,
    )


def test_mail_with_a_password_in_a_file_of_its_own(settings):
    found = settings(**MAIL, mail_user="clinic", mail_password_file="/etc/mrnmesh/password").mail
    assert found.server == ("mail.clinic.example", 587)
    assert found.security is MailSecurity.STARTTLS
    assert found.receivers == ("admin@clinic.example", "night@clinic.example")
    assert str(found.password_file).endswith("password")
    assert settings(**MAIL, mail_authority="mail.pem").mail.authority.name == "mail.pem"


def test_a_program_with_a_secret(settings):
    found = settings(
        alerts_url="https://watch.example/", alerts_secret_file="secret", alerts_every="0"
    )
    assert (found.hook.url, found.hook.secret_file.name) == ("https://watch.example/", "secret")
    assert found.every_s == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"mail_server": "mail.example"}, "is not HOST:PORT"),
        ({"mail_server": "mail.example:99999"}, "is not HOST:PORT"),
        ({"mail_server": "mail.example:587"}, "mail_from.*must name an address"),
        (MAIL | {"mail_to": ""}, "mail_to.*must name an address"),
        (MAIL | {"mail_to": "admin"}, "is no mail address"),
        (MAIL | {"mail_from": "a@b Bcc: c@d"}, "is no mail address"),
        (MAIL | {"mail_security": "ssl"}, "must be one of starttls, tls, none"),
        (MAIL | {"mail_security": "none"}, "only for a server on this computer"),
        (MAIL | {"mail_user": "clinic"}, "goes together with mail_password_file"),
        ({"alerts_url": "http://watch.example/"}, "must be https"),
        ({"alerts_url": "https://watch.example/"}, "alerts_secret_file.*must name a file"),
        ({"alerts_level": "all"}, "must be one of warning, alert"),
        ({"alerts_every": "often"}, "whole number of minutes"),
    ],
)
def test_what_is_wrong_is_named(settings, given, why):
    with pytest.raises((BadConfig, BadOption)) as caught:
        settings(**given)
    text = f"{getattr(caught.value, 'facts', {}).get('option', '')} {caught.value}"
    assert re.search(why.replace("_", "[_-]"), text), text


def test_a_server_on_this_computer_may_go_without_encryption(settings):
    found = settings(**MAIL | {"mail_server": "127.0.0.1:25"}, mail_security="none").mail
    assert found.security is MailSecurity.NONE
