"""The pages of messages in a real browser: what a participant does with her phone, and what staff see."""

from datetime import timedelta
from email.message import EmailMessage
from mailbox import Maildir

import pytest
from django.conf import settings as project
from django.utils import timezone
from playwright.sync_api import expect

from practices.models import Role
from practices.tenancy import practice_scope
from reminders import ledger
from reminders.models import Reminder
from sessions.models import Answer
from tests.cast import client_of
from tests.factories import make_group, make_membership, make_participant, make_practice, make_room, make_session
from tests.looking import complaints_of, violations, wider_than_the_window
from tests.test_ledger import join, move

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture
def group(db):
    practice = make_practice("de-linde", with_defaults=True, name="Praktijk De Linde")
    now = timezone.now()
    with practice_scope(practice):
        lead = make_membership(practice, Role.FACILITATOR)
        group = make_group(practice, by=lead, first=lead, name="Kring maart")
        room = make_room(practice, "Huiskamer", street="Dorpsstraat 1", town="Utrecht")
        for days in (6, 20, 34):
            make_session(group, now + timedelta(days=days), room=room)
        people = [make_participant(practice, name, language="en") for name in ("Sanne", "Fatima", "Ilse")]
        join(group, *people, make_participant(practice, "Noor", email=""), now=now - timedelta(days=2))
        ledger.count_as_sent(group.enrolments.all(), until=now)
        move(group.sessions.get(number=2), now + timedelta(days=21), now)
        one, two, _three = Reminder.objects.filter(occasion="welcome")
        Reminder.objects.filter(pk=one.pk).update(sent_at=None, failed_at=now, failure="refused")
        Reminder.objects.filter(pk=two.pk).update(sent_at=None, failure="no_answer")
    return group


@pytest.fixture
def complaints(page):
    page.set_default_timeout(10_000)
    return complaints_of(page)


def sign_in(page, live_server, membership):
    cookie = client_of(membership).cookies[project.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def must_be_fine(page):
    assert violations(page) == []
    assert not wider_than_the_window(page)


def test_a_participant_answers_with_one_touch(page, live_server, group, complaints):
    page.set_viewport_size(PHONE)
    with practice_scope(group.practice):
        token = Reminder.objects.filter(occasion="welcome").last().token
    page.goto(f"{live_server.url}/a/{token}/")
    must_be_fine(page)

    page.get_by_role("button", name="I come").first.click()

    expect(page.get_by_text("You said that you come.")).to_be_visible()
    must_be_fine(page)
    assert complaints == []
    with practice_scope(group.practice):
        assert Answer.objects.get().is_coming


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_staff_see_what_waits_and_what_failed(page, live_server, group, complaints, size):
    page.set_viewport_size(size)
    with practice_scope(group.practice):
        sign_in(page, live_server, group.created_by)
        failed = Reminder.objects.select_related("enrolment").get(failure="refused")
    page.goto(f"{live_server.url}/de-linde/groups/{group.pk}/messages/")
    must_be_fine(page)

    page.goto(f"{live_server.url}/de-linde/participants/{failed.enrolment.participant_id}/messages/")
    must_be_fine(page)
    page.goto(f"{live_server.url}/de-linde/groups/messages/{failed.pk}/again/")
    must_be_fine(page)
    page.get_by_role("button", name="Send again").click()

    expect(page.get_by_text("The message leaves within a few minutes.")).to_be_visible()
    assert complaints == []


def test_the_mailbox_of_the_demo_can_be_read(page, live_server, complaints, settings, tmp_path):
    settings.DEMO, settings.MAILBOX_DIR = True, tmp_path / "mailbox"
    message = EmailMessage()
    message["From"], message["To"] = "De Linde <linde@example.org>", "sanne@example.org"
    message["Subject"] = "Je afspraken bij De Linde"
    message.set_content(f"Hallo,\n\nTot ziens,\n{live_server.url}/a/abc/\n")
    Maildir(settings.MAILBOX_DIR).add(message)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/mailbox/")
    must_be_fine(page)

    page.get_by_role("link", name="Je afspraken").click()

    expect(page.get_by_role("link", name="/a/abc/")).to_be_visible()
    must_be_fine(page)
    assert complaints == []
