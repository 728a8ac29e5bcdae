"""A mail server of our own for tests: real SMTP over a real socket, which does what the test tells it to."""

import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller


class PostOffice:
    """Keeps what it takes. `refusals` answers a recipient, `after_data` the content; `drops` hangs up after it."""

    def __init__(self):
        self.received = []
        self.handed_over = []
        self.refusals = {}
        self.sender = "250 OK"
        self.after_data = "250 OK"
        self.drops = False

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.handed_over.append(message)
        if self.drops:
            server.transport.abort()
        elif self.after_data.startswith("250"):
            self.received.append(message)
        return self.after_data

    @property
    def recipients(self):
        return [message["To"] for message in self.received]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def post_office(settings):
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 5
    controller.start()
    yield office
    controller.stop()
