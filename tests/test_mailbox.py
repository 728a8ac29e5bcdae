"""The demo's mailbox: what its own mail server took, for who tries it out."""

import os
from mailbox import Maildir

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.urls import reverse

from tests.post import free_port


@pytest.fixture
def demo(settings, tmp_path):
    settings.DEMO = True
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.LANGUAGE_CODE = "en"
    return settings.MAILBOX_DIR


@pytest.fixture
def sink(demo, settings):
    """The very server that bin/run starts."""
    controller = Controller(Mailbox(str(demo)), hostname="127.0.0.1", port=free_port())
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    controller.start()
    yield demo
    controller.stop()


def send(subject, body="Hallo", to="sanne@example.org"):
    EmailMessage(subject, body, "linde@example.org", [to], connection=EmailBackend()).send()


def in_order(folder):
    """Give the files times of arrival of their own, in the order they came."""
    for second, path in enumerate(sorted((folder / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)):
        os.utime(path, (second, second))


def test_without_the_demo_there_is_no_mailbox(client, db, settings):
    settings.DEMO = False

    assert client.get(reverse("mailbox")).status_code == 404
    assert client.get(reverse("mailbox_message", args=["x"])).status_code == 404


def test_a_mailbox_that_nothing_came_to_says_what_belongs_there(client, db, demo):
    response = client.get(reverse("mailbox"), headers={"accept-language": "en"})

    assert "No messages yet" in response.content.decode()


def test_messages_are_listed_the_newest_first(client, db, sink):
    send("Één")
    send("Twee", to="fatima@example.org")
    in_order(sink)

    page = client.get(reverse("mailbox")).content.decode()

    assert page.index("Twee") < page.index("Één")
    assert "fatima@example.org" in page


def test_a_message_shows_its_text_with_links_and_lets_no_markup_through(client, db, sink):
    send("<b>Dag</b>", "Kom je?\nhttp://localhost:8000/a/abc/\n<script>alert(1)</script>")
    (key,) = Maildir(sink).keys()

    page = client.get(reverse("mailbox_message", args=[key])).content.decode()

    assert '<a href="http://localhost:8000/a/abc/"' in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;Dag&lt;/b&gt;" in page
    assert "<b>" not in page


@pytest.mark.parametrize("key", ["x", "..", "%2e%2e%2fsecret"])
def test_a_key_leads_nowhere_but_to_a_message(client, db, sink, key):
    send("Dag")
    (sink / "secret").write_text("Subject: secret\n\nx")

    assert client.get(f"/mailbox/{key}/").status_code == 404
