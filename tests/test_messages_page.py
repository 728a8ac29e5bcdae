"""What staff see of the messages, and how one is sent again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from participants.models import AccessRecord
from reminders.models import Reminder
from tests.cast import client_of
from tests.factories import make_group, make_participant, make_session
from tests.test_ledger import join


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def group(practice, facilitator, co_facilitator, now):
    group = make_group(practice, by=facilitator, first=facilitator, co=co_facilitator)
    make_session(group, now + timedelta(days=10))
    return group


@pytest.fixture
def sanne(practice):
    return make_participant(practice, "Sanne", "de Vries")


@pytest.fixture
def failed(group, sanne, now):
    join(group, sanne, now=now)
    Reminder.objects.filter(occasion="welcome").update(sending_at=now, failed_at=now, failure="refused")
    return Reminder.objects.get(occasion="welcome")


def of_group(group):
    return reverse("reminders:group", args=[group.practice.slug, group.pk])


def of_person(person):
    return reverse("reminders:of_participant", args=[person.practice.slug, person.pk])


def again(row):
    return reverse("reminders:send_again", args=[row.practice.slug, row.pk])


def test_the_tab_shows_what_waits_what_went_and_what_failed(as_facilitator, group, practice, failed, now):
    join(group, make_participant(practice, "Fatima"), make_participant(practice, "Ilse", email=""), now=now)
    Reminder.objects.filter(occasion="welcome", failed_at=None).update(sending_at=now, sent_at=now)

    page = as_facilitator.get(of_group(group), headers={"accept-language": "en"}).content.decode()

    assert page.index("Did not arrive") < page.index("Get no messages") < page.index("To be sent") < page.index("Sent<")
    assert "the mail server refused it" in page
    assert "no e-mail address" in page
    assert "<summary>2 people</summary>" in page
    assert again(failed) in page


def test_a_group_without_messages_says_what_belongs_there(as_facilitator, group):
    page = as_facilitator.get(of_group(group), headers={"accept-language": "en"}).content.decode()

    assert "Nothing is waiting" in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_tab_asks_as_often_for_three_people_as_for_one(as_facilitator, group, practice, now, number):
    join(group, *(make_participant(practice) for _ in range(number)), now=now)

    with CaptureQueriesContext(connection) as queries:
        as_facilitator.get(of_group(group))

    assert len(queries) == 17


@pytest.mark.parametrize("number", [1, 3])
def test_the_messages_of_a_person_ask_as_often_for_three_groups_as_for_one(
    as_facilitator, practice, facilitator, sanne, now, number
):
    for days in range(number):
        group = make_group(practice, by=facilitator)
        make_session(group, now + timedelta(days=20 + days))
        join(group, sanne, now=now)

    with CaptureQueriesContext(connection) as queries:
        page = as_facilitator.get(of_person(sanne))

    assert page.content.count(b"<tr>") == 1 + 3 * number
    assert len(queries) == 15


def test_the_messages_of_a_person_are_a_fragment_for_the_page_that_holds_them(as_facilitator, failed, sanne):
    page = as_facilitator.get(of_person(sanne)).content
    fragment = as_facilitator.get(of_person(sanne), headers={"HX-Request": "true"}).content

    assert b"<html" in page
    assert b"<html" not in fragment
    assert fragment.strip() in page


def test_who_looked_is_kept(as_facilitator, group, sanne, failed):
    as_facilitator.get(of_group(group))
    as_facilitator.get(of_person(sanne))
    as_facilitator.get(again(failed))

    assert list(AccessRecord.objects.order_by("pk").values_list("participant", "page")) == [
        (sanne.pk, "reminders:group"),
        (sanne.pk, "reminders:of_participant"),
        (sanne.pk, "reminders:send_again"),
    ]


def test_a_planner_is_asked_first_and_then_the_message_leaves_again(as_facilitator, group, failed):
    assert as_facilitator.get(again(failed)).status_code == 200
    failed.refresh_from_db()
    assert failed.failed_at

    response = as_facilitator.post(again(failed))

    failed.refresh_from_db()
    assert response.url == of_group(group)
    assert failed.is_waiting
    assert failed.due_at <= timezone.now()


def test_who_left_is_not_written_to_again(as_facilitator, failed, now):
    failed.enrolment.state, failed.enrolment.left_at = "left", now
    failed.enrolment.save()

    assert as_facilitator.post(again(failed)).status_code == 404


def test_what_is_not_stuck_cannot_be_sent_again(as_facilitator, group, sanne, now):
    join(group, sanne, now=now)

    assert as_facilitator.post(again(Reminder.objects.first())).status_code == 404


def test_a_co_facilitator_sees_the_messages_of_her_group_and_sends_none_again(as_co_facilitator, group, failed):
    page = as_co_facilitator.get(of_group(group))

    assert page.status_code == 200
    assert again(failed).encode() not in page.content
    assert as_co_facilitator.post(again(failed)).status_code == 403


def test_messages_of_another_group_and_of_another_practice_are_not_there(
    as_co_facilitator, as_stranger, stranger, practice, facilitator, sanne, failed, now
):
    other = make_group(practice, by=facilitator)
    make_session(other, now + timedelta(days=30))
    join(other, sanne, now=now)

    page = as_co_facilitator.get(of_person(sanne), headers={"accept-language": "en"}).content.decode()
    assert as_co_facilitator.get(of_group(other)).status_code == 404
    assert failed.enrolment.group.name in page
    assert other.name not in page
    slug = stranger.practice.slug
    for url in (
        reverse("reminders:group", args=[slug, other.pk]),
        reverse("reminders:of_participant", args=[slug, sanne.pk]),
        reverse("reminders:send_again", args=[slug, failed.pk]),
    ):
        assert client_of(stranger).get(url).status_code == 404
