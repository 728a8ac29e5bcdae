"""How a message leaves: over SMTP, with one connection for a batch, told apart by what is known afterwards."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from smtplib import SMTPException, SMTPServerDisconnected
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

LINE_THAT_STARTS_WITH_A_DOT = re.compile(rb"(?m)^\.")
# No line is folded: a long link in a header would be taken apart.
POLICY = SMTP.clone(max_line_length=998)


class BadAddress(Exception):
    """Nothing can be sent to this address."""


class Refused(Exception):
    """The mail server will not take this message, now or later."""


class NotNow(Exception):
    """The mail server has certainly not taken this message, and may later."""


class NoAnswer(Exception):
    """The message was handed over and the mail server never said whether it took it."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What leaves by e-mail."""

    sender: str
    recipient: str
    message: EmailMessage


def write_mail(*, to: str, sender_name: str, subject: str, body: str, link: str, token: str, now: datetime) -> Mail:
    """An e-mail as plain text. Its Message-ID comes from the token: a second copy can be recognised as one.

    Raises BadAddress.
    """
    _name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = EmailMessage(policy=POLICY)
    try:
        recipient = _in_ascii(to)
        message["From"] = Address(display_name=" ".join(sender_name.split()), addr_spec=sender)
        message["To"] = Address(addr_spec=recipient)
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress from error
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{hashlib.sha256(token.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"
    message["List-Unsubscribe"] = f"<{link}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body, cte="quoted-printable")
    return Mail(sender=sender, recipient=recipient, message=message)


class MailServer:
    """A connection to the mail server of the settings, opened when it is first needed and closed at the end."""

    def __init__(self) -> None:
        self.backend = EmailBackend(fail_silently=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, SMTPException):
            self.backend.close()

    @property
    def is_open(self) -> bool:
        return self.backend.connection is not None

    def open(self) -> None:
        """Be connected. Raises NotNow."""
        try:
            self.backend.open()
            if self.backend.connection:
                self.backend.connection.ehlo_or_helo_if_needed()
        except (OSError, SMTPException) as error:
            self._lose()
            raise NotNow from error

    def send(self, mail: Mail) -> None:
        """Hand the message over. Raises Refused, NotNow or NoAnswer; returns when the server has taken it."""
        smtp = self.backend.connection
        if smtp is None:
            raise NotNow
        try:
            if smtp.mail(mail.sender)[0] // 100 != 2:
                # It will not have us as a sender: that says nothing about this message.
                raise SMTPServerDisconnected
            self._must(*smtp.rcpt(mail.recipient), expected=2)
            self._must(*smtp.docmd("DATA"), expected=3)
        except (OSError, SMTPException) as error:
            self._lose()
            raise NotNow from error
        # From here on silence means that nobody knows.
        try:
            smtp.send(_as_data(mail.message))
            answer = smtp.getreply()
        except (OSError, SMTPException) as error:
            self._lose()
            raise NoAnswer from error
        self._must(*answer, expected=2)

    def _must(self, code: int, words: bytes, *, expected: int) -> None:
        if code // 100 == expected:
            return
        if code // 100 == 5:
            with suppress(OSError, SMTPException):
                if self.backend.connection:
                    self.backend.connection.rset()
            raise Refused
        # A server that puts us off, or speaks in riddles, is not asked again over this connection.
        self._lose()
        raise NotNow if code // 100 == 4 else NoAnswer

    def _lose(self) -> None:
        connection, self.backend.connection = self.backend.connection, None
        with suppress(OSError, SMTPException):
            if connection:
                connection.close()


def _as_data(message: EmailMessage) -> bytes:
    content = LINE_THAT_STARTS_WITH_A_DOT.sub(b"..", message.as_bytes())
    return content.removesuffix(b"\r\n") + b"\r\n.\r\n"


def _in_ascii(address: str) -> str:
    """The address with its domain as mail servers write it. Raises ValueError."""
    local, _at, domain = address.strip().rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"
