"""The mail server that tests send to."""

from tests.smtp import mail_server  # noqa: F401 - a fixture
