"""What a participant finds behind the link in her message."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from participants.models import Participant
from reminders.expected import as_told
from reminders.models import Reminder
from sessions.models import Answer
from tests.cast import StaffClient
from tests.factories import make_group, make_participant, make_room, make_session
from tests.test_ledger import change, join, move


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def group(practice, facilitator, now):
    practice.name = "Praktijk De Linde"
    practice.save()
    room = make_room(practice, "Huiskamer", street="Dorpsstraat 1", town="Utrecht")
    group = make_group(practice, by=facilitator, first=facilitator, name="Kring maart")
    for days in (10, 24):
        make_session(group, now + timedelta(days=days), room=room)
    return group


@pytest.fixture
def sanne(practice):
    return make_participant(practice, "Sanne", "de Vries", email="sanne@example.org", language="en")


@pytest.fixture
def place(group, sanne, now):
    return join(group, sanne, now=now)[0]


@pytest.fixture
def visitor():
    """A browser of nobody; the scope of the test stays outside."""
    return StaffClient()


def link(occasion, number=None):
    return reverse("answer", args=[Reminder.objects.get(occasion=occasion, session__number=number).token])


def welcome():
    return reverse("answer", args=[Reminder.objects.get(occasion="welcome").token])


def words(response):
    """What the page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_an_unknown_token_is_not_found(visitor, place):
    assert visitor.get("/a/x/").status_code == 404
    assert visitor.post("/a/x/", {"session": 1, "is_coming": "yes"}).status_code == 404


def test_the_page_shows_date_time_and_place_and_nothing_of_anybody(visitor, place, group, sanne):
    first = group.sessions.get(number=1)

    page = words(visitor.get(link("week_before", 1)))

    start = timezone.localtime(first.starts_at, group.practice.zone)
    assert "Praktijk De Linde" in page
    assert f"{start:%A} {start.day} {start:%B %Y}, {start:%H:%M}" in page
    assert "Huiskamer, Dorpsstraat 1" in page
    for secret in ("Sanne", "Vries", "sanne@", "Kring", "Centering", "pregnan", "baby"):
        assert secret not in page


def test_a_reminder_asks_about_its_own_session_and_the_welcome_about_all(visitor, place):
    assert visitor.get(link("week_before", 2)).content.count(b'name="session"') == 1
    assert visitor.get(welcome()).content.count(b'name="session"') == 2


def test_nothing_is_kept_in_a_cache_told_to_another_site_or_found_by_a_search(visitor, place):
    response = visitor.get(welcome())

    assert response["Cache-Control"] == "no-store"
    # Not no-referrer: with it a browser hides the origin of the form, and the form is refused.
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    ("said", "is_coming", "shown"), [("yes", True, "that you come"), ("no", False, "that you can")]
)
def test_an_answer_is_kept_and_shown(visitor, place, said, is_coming, shown):
    response = visitor.post(link("week_before", 1), {"session": 1, "is_coming": said}, follow=True)

    answer = Answer.objects.get()
    assert (answer.enrolment, answer.session.number, answer.is_coming) == (place, 1, is_coming)
    assert shown in words(response)
    assert "Thank you" in words(response)


def test_the_newest_answer_stands_and_saying_it_twice_is_saying_it_once(visitor, place):
    url = link("two_days_before", 1)
    for said in ("yes", "no", "no"):
        assert visitor.post(url, {"session": 1, "is_coming": said}).status_code == 302

    assert [answer.is_coming for answer in Answer.objects.all()] == [False]


def test_who_cannot_come_is_not_reminded(visitor, place):
    visitor.post(welcome(), {"session": 1, "is_coming": "no"})

    assert not Reminder.objects.waiting().filter(session__number=1).exists()
    assert Reminder.objects.waiting().filter(session__number=2).count() == 2


@pytest.mark.parametrize(
    "data", [{}, {"session": 2, "is_coming": "yes"}, {"session": 1}, {"session": 1, "is_coming": "maybe"}]
)
def test_what_was_not_asked_is_not_answered(visitor, place, data):
    response = visitor.post(link("week_before", 1), data)

    assert response.status_code == 422
    assert "cannot be answered" in words(response)
    assert not Answer.objects.exists()


def test_a_form_from_another_site_is_refused(place):
    browser = Client(enforce_csrf_checks=True)

    assert browser.post(welcome(), {"session": 1, "is_coming": "yes"}).status_code == 403


def test_a_session_that_has_passed_says_so(visitor, place, group, now):
    url = link("week_before", 1)
    group.sessions.filter(number=1).update(starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1))

    page = visitor.get(url)

    assert "has passed" in words(page)
    assert b'name="session"' not in page.content
    assert visitor.post(url, {"session": 1, "is_coming": "yes"}).status_code == 422


def test_a_session_that_was_cancelled_says_so(visitor, place, group, now):
    url = link("week_before", 1)
    change(group.sessions.get(number=1), now, cancelled_at=now)

    assert "is cancelled" in words(visitor.get(url))
    assert visitor.post(url, {"session": 1, "is_coming": "yes"}).status_code == 422


def test_a_session_that_moved_since_the_message_shows_both_and_asks_again(visitor, place, group, now):
    visitor.post(welcome(), {"session": 1, "is_coming": "no"})
    url = welcome()
    Reminder.objects.filter(occasion="welcome").update(
        sending_at=now,
        sent_at=now,
        told={str(session.pk): as_told(session) for session in group.sessions.all()},
    )
    move(group.sessions.get(number=1), now + timedelta(days=11), now)

    page = words(visitor.get(url))

    assert "It was on" in page
    assert "You said" not in page


def test_the_page_speaks_the_language_of_the_person_unless_another_was_chosen(visitor, place, settings):
    assert b'lang="en"' in visitor.get(welcome()).content

    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "nl"
    assert b'lang="nl"' in visitor.get(welcome()).content


def test_a_language_without_pages_falls_back_to_the_language_of_the_practice(visitor, place):
    Participant.objects.update(language="ti")

    assert b'lang="nl"' in visitor.get(welcome()).content


def test_she_can_say_that_she_wants_no_e_mails_and_take_it_back(visitor, place, sanne):
    url = welcome()

    page = visitor.post(url, {"by_email": "no"}, follow=True)
    sanne.refresh_from_db()
    assert not sanne.by_email
    assert "You get no e-mails" in words(page)
    assert not Reminder.objects.waiting().exists()

    visitor.post(url, {"by_email": "yes"})
    sanne.refresh_from_db()
    assert sanne.by_email
    assert Reminder.objects.waiting().count() == 5


@pytest.mark.parametrize("end", ["left", "stopped"])
def test_who_left_or_must_be_left_in_peace_finds_no_dates(visitor, place, end, now):
    url = welcome()
    if end == "left":
        place.state, place.left_at = "left", now
        place.save()
    else:
        Participant.objects.update(contact_stopped_at=now)

    page = visitor.get(url)

    assert "nothing to answer" in words(page)
    assert b'name="session"' not in page.content
    assert visitor.post(url, {"session": 1, "is_coming": "yes"}).status_code == 422


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_often_for_three_dates_as_for_one(visitor, practice, facilitator, sanne, now, number):
    group = make_group(practice, by=facilitator)
    for days in range(number):
        make_session(group, now + timedelta(days=10 + days), room=make_room(practice))
    join(group, sanne, now=now)

    with CaptureQueriesContext(connection) as queries:
        assert visitor.get(welcome()).content.count(b'name="session"') == number

    assert len(queries) == 18


def test_keys_of_rows_stay_inside(visitor, place, group):
    content = visitor.get(welcome()).content.decode()

    for session in group.sessions.all():
        assert f'"{session.pk}"' not in content
