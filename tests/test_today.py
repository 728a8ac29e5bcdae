"""The first page: this evening, this week, and what waits for whom."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from checks.models import Measurement
from groups.models import CareGroup
from insight.today import today_for
from practices.models import Profession, Role
from reminders.models import Reminder
from sessions.evening import record_arrival
from tests.cast import client_of
from tests.factories import (
    at,
    enrol,
    make_activity,
    make_group,
    make_membership,
    make_participant,
    make_partner,
    make_room,
    make_session,
)

DAY = date(2026, 10, 8)
AFTERNOON = at(DAY, 15)


@pytest.fixture(autouse=True)
def _in_amsterdam():
    with timezone.override("Europe/Amsterdam"):
        yield


@pytest.fixture
def room(practice):
    return make_room(practice, "Grote zaal")


@pytest.fixture
def group(practice, facilitator, co_facilitator, room):
    return make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, room=room, name="Kring Linde")


@pytest.fixture
def tonight(group, room):
    return make_session(group, at(DAY, 19, 30), room=room)


def sessions_of(evenings):
    return [evening.session for evening in evenings]


def measure(session, place, **fields):
    fields = {"kind": "blood_pressure", "value": 165, "second_value": 112, "mark": "urgent", **fields}
    return Measurement.objects.create(
        practice=session.practice, session=session, enrolment=place, entered_at=AFTERNOON, **fields
    )


def remind(place, **fields):
    return Reminder.objects.create(
        practice=place.practice,
        enrolment=place,
        occasion="welcome",
        channel="email",
        key=f"{Reminder.objects.count()}",
        due_at=AFTERNOON,
        created_at=AFTERNOON,
        **fields,
    )


def test_tonight_stands_there_from_midnight_to_midnight(facilitator, co_facilitator, tonight):
    for now in (at(DAY, 0, 1), AFTERNOON, at(DAY, 23, 59)):
        for member in (facilitator, co_facilitator):
            today = today_for(member, now=now)

            assert sessions_of(today.evenings) == [tonight]
            assert today.evenings[0].is_today


def test_without_a_session_today_the_next_one_stands_there(facilitator, group, room):
    near, far = (make_session(group, at(DAY + timedelta(days), 19, 30), room=room) for days in (3, 30))

    today = today_for(facilitator, now=AFTERNOON)
    assert (sessions_of(today.evenings), sessions_of(today.this_week)) == ([near], [])
    near.cancelled_at = AFTERNOON
    near.save()
    assert sessions_of(today_for(facilitator, now=AFTERNOON).evenings) == [far]


def test_the_week_holds_what_comes_within_seven_days(facilitator, tonight, group, room):
    inside = make_session(group, at(DAY + timedelta(6), 19, 30), room=room)
    make_session(group, at(DAY + timedelta(7), 0, 0), room=room)

    assert sessions_of(today_for(facilitator, now=AFTERNOON).this_week) == [inside]


def test_a_facilitator_sees_her_own_sessions_and_a_coordinator_those_of_the_practice(
    practice, facilitator, coordinator, tonight
):
    colleague = make_membership(practice, Role.FACILITATOR, name="Andere Vroedvrouw")
    theirs = make_session(make_group(practice, by=colleague, first=colleague), at(DAY, 9))

    assert sessions_of(today_for(facilitator, now=AFTERNOON).evenings) == [tonight]
    assert sessions_of(today_for(coordinator, now=AFTERNOON).evenings) == [theirs, tonight]
    assert [evening.is_mine for evening in today_for(coordinator, now=AFTERNOON).evenings] == [False, False]


def test_the_session_that_i_lead_stands_above_the_others(practice, facilitator, tonight):
    both = make_membership(practice, Role.COORDINATOR, Role.FACILITATOR, name="Beide Rollen")
    mine = make_session(make_group(practice, by=both, first=both), at(DAY, 20))

    assert sessions_of(today_for(both, now=AFTERNOON).evenings) == [mine, tonight]


def test_a_stand_in_sees_the_evening_that_she_leads(practice, tonight):
    stand_in = make_membership(practice, Role.CO_FACILITATOR, name="Inval Kracht")
    tonight.leads.create(
        practice=practice,
        membership=stand_in,
        user=stand_in.user,
        role="co",
        starts_at=tonight.starts_at,
        occupied_until=tonight.occupied_until,
    )

    assert sessions_of(today_for(stand_in, now=AFTERNOON).evenings) == [tonight]


def test_who_cannot_come_is_taken_off_unless_she_spoke_of_another_start(practice, facilitator, group, tonight):
    people = [make_participant(practice, due_on=date(2027, 3, 4)) for _ in range(4)]
    places = enrol(group, *people, by=facilitator)
    tonight.record_answer(places[0], is_coming=False, now=AFTERNOON)
    tonight.record_answer(places[1], is_coming=True, now=AFTERNOON)
    answer = tonight.record_answer(places[2], is_coming=False, now=AFTERNOON)
    answer.speaks_of = tonight.starts_at - timedelta(days=1)
    answer.save()

    (evening,) = today_for(facilitator, now=AFTERNOON).evenings

    assert (evening.expected, evening.excused) == (3, 1)
    assert [seat["state"] for seat in evening.seats] == ["expected"] * 3 + ["apologised"] + ["empty"] * 8


def test_who_came_is_counted_once_the_session_has_begun(as_facilitator, practice, facilitator, group, tonight):
    people = [make_participant(practice, due_on=date(2027, 3, 4)) for _ in range(5)]
    places = enrol(group, *people, by=facilitator)
    during = tonight.starts_at + timedelta(minutes=5)
    # Who came after all came.
    for place in (places[0], places[1]):
        tonight.record_answer(place, is_coming=False, now=AFTERNOON)
    record_arrival(tonight, places[0], "present", by=facilitator, now=during)
    record_arrival(tonight, places[2], "late", by=facilitator, now=during)
    record_arrival(tonight, places[3], "absent", by=facilitator, now=during)

    (evening,) = today_for(facilitator, now=during).evenings

    assert (evening.here, evening.expected, evening.excused) == (2, 1, 2)
    states = [seat["state"] for seat in evening.seats]
    assert states[:6] == ["present", "present", "expected", "apologised", "apologised", "empty"]


def test_who_comes_early_is_counted_and_who_left_the_group_is_not(practice, facilitator, group, tonight):
    places = enrol(group, *(make_participant(practice, due_on=date(2027, 3, 4)) for _ in range(3)), by=facilitator)
    early = tonight.starts_at - timedelta(minutes=9)
    for place in places[:2]:
        record_arrival(tonight, place, "present", by=facilitator, now=early)
    places[0].leave(reason="moved", by=facilitator, now=early)

    (evening,) = today_for(facilitator, now=early).evenings

    assert (evening.is_counted, evening.here, evening.expected) == (True, 1, 1)


def test_the_card_names_the_leaders_the_room_and_whom_the_group_meets(
    as_facilitator, practice, facilitator, group, room
):
    session = make_session(group, timezone.now() + timedelta(minutes=1), room=room, theme="Bevalling")
    make_activity(make_partner(practice, "Bibliotheek"), "BoekStart").tie_to(session, by=facilitator, now=AFTERNOON)

    page = as_facilitator.get(reverse("insight:today", args=[practice.slug])).text

    for words in ("Kring Linde", "Grote zaal", "Bevalling", "Aisha Assistente", "BoekStart, Bibliotheek"):
        assert words in page
    assert reverse("sessions:session", args=[practice.slug, session.pk]) in page


def test_values_wait_only_for_the_first_facilitator_who_answers_for_them(
    practice, facilitator, co_facilitator, coordinator, group, tonight
):
    (place,) = enrol(group, make_participant(practice, due_on=date(2027, 3, 4)), by=facilitator)
    measure(tonight, place)
    measure(tonight, place, reading=2)
    measure(tonight, place, kind="weight", value=70_000, second_value=None, mark="none")

    assert [(w.pk, w.number) for w in today_for(facilitator, now=AFTERNOON).to_review] == [(tonight.pk, 2)]
    assert today_for(co_facilitator, now=AFTERNOON).to_review == []
    assert today_for(coordinator, now=AFTERNOON).to_review == []


def test_a_reviewed_value_does_not_wait(practice, facilitator, group, tonight):
    (place,) = enrol(group, make_participant(practice, due_on=date(2027, 3, 4)), by=facilitator)
    measure(tonight, place, reviewed_by=facilitator, reviewed_at=AFTERNOON)

    assert today_for(facilitator, now=AFTERNOON).to_review == []


def test_a_first_facilitator_without_a_profession_for_checks_reviews_and_closes_nothing(practice):
    worker = make_membership(practice, profession=Profession.NEIGHBOURHOOD_WORKER, name="Wim Wijk")
    make_session(make_group(practice, by=worker, first=worker), at(DAY - timedelta(1), 19))

    today = today_for(worker, now=AFTERNOON)

    assert (today.to_review, today.to_close) == ([], [])


def test_an_earlier_session_waits_until_it_is_closed(facilitator, co_facilitator, group, room):
    yesterday = make_session(group, at(DAY - timedelta(1), 19, 30), room=room)

    assert [w.pk for w in today_for(facilitator, now=AFTERNOON).to_close] == [yesterday.pk]
    assert today_for(co_facilitator, now=AFTERNOON).to_close == []
    yesterday.closed_at, yesterday.closed_by = AFTERNOON, facilitator
    yesterday.save()
    assert today_for(facilitator, now=AFTERNOON).is_quiet


def test_messages_that_did_not_arrive_are_counted_by_group(practice, facilitator, coordinator, group, tonight):
    colleague = make_membership(practice, Role.FACILITATOR, name="Andere Vroedvrouw")
    (place,) = enrol(group, make_participant(practice, due_on=date(2027, 3, 4)), by=facilitator)
    remind(place)
    remind(place, sending_at=AFTERNOON, failed_at=AFTERNOON, failure="refused")
    remind(place, sending_at=AFTERNOON - timedelta(hours=1))

    for member, expected in ((facilitator, [(group.pk, 2)]), (coordinator, [(group.pk, 2)]), (colleague, [])):
        assert [(w.pk, w.number) for w in today_for(member, now=AFTERNOON).failed] == expected


@pytest.mark.parametrize(
    ("first_in", "enrolled", "waits"),
    [(20, 2, True), (20, 3, False), (22, 2, False), (-1, 2, False)],
)
def test_a_group_below_its_minimum_waits_from_three_weeks_before_its_start(
    practice, facilitator, co_facilitator, coordinator, first_in, enrolled, waits
):
    group = make_group(
        practice,
        by=facilitator,
        first=facilitator,
        co=co_facilitator,
        minimum=3,
        mode="online",
        online_url="https://a.example",
    )
    make_session(group, at(DAY + timedelta(first_in), 19))
    make_session(group, at(DAY + timedelta(60), 19))
    people = [make_participant(practice, due_on=date(2027, 3, 4)) for _ in range(enrolled)]
    enrol(group, *people, by=facilitator)
    expected = [group.pk] if waits else []

    for member in (facilitator, coordinator):
        assert [w.pk for w in today_for(member, now=AFTERNOON).wants.too_small] == expected
    assert today_for(co_facilitator, now=AFTERNOON).wants.too_small == []


def test_a_group_without_co_facilitator_or_room_waits_for_who_plans(practice, facilitator, coordinator, group, room):
    alone = make_group(practice, by=facilitator, first=facilitator, name="Alleen")
    make_session(alone, at(DAY + timedelta(40), 19))
    make_session(group, at(DAY + timedelta(41), 19), room=room)

    for member in (facilitator, coordinator):
        today = today_for(member, now=AFTERNOON)
        assert [w.pk for w in today.wants.without_co] == [alone.pk]
        assert [w.pk for w in today.wants.without_room] == [alone.pk]


def test_a_cancelled_group_waits_for_nobody(practice, facilitator):
    alone = make_group(practice, by=facilitator, first=facilitator, cancelled_at=AFTERNOON)
    make_session(alone, at(DAY + timedelta(5), 19))

    assert today_for(facilitator, now=AFTERNOON).is_quiet


def test_nothing_planned_says_what_belongs_here(as_facilitator, as_co_facilitator, practice):
    page = reverse("insight:today", args=[practice.slug])

    assert reverse("sessions:planner", args=[practice.slug]) in as_facilitator.get(page).text
    assert 'class="empty"' in as_co_facilitator.get(page).text


@pytest.mark.parametrize(
    ("hour", "words"), [(5, "Good night"), (6, "Good morning"), (12, "Good afternoon"), (18, "Good evening")]
)
def test_the_greeting_follows_the_clock_of_the_practice(as_facilitator, practice, hour, words, monkeypatch):
    monkeypatch.setattr("insight.views.timezone.now", lambda: at(DAY, hour))

    page = as_facilitator.get(reverse("insight:today", args=[practice.slug]), headers={"Accept-Language": "en"})

    assert f"{words}, Mila" in page.text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_at_most_twelve_queries_beyond_a_bare_one(
    practice, facilitator, room, rows, django_assert_num_queries
):
    now = timezone.now()
    member = make_membership(practice, Role.COORDINATOR, Role.FACILITATOR, name="Alles Tegelijk")
    client = client_of(member)
    for number in range(rows):
        group = make_group(practice, by=member, first=member, minimum=2)
        (place,) = enrol(group, make_participant(practice, due_on=date(2027, 3, 4)), by=member)
        coming = make_session(group, now + timedelta(days=1 + number))
        earlier = make_session(group, now - timedelta(days=2 + number))
        make_activity(make_partner(practice)).tie_to(coming, by=member, now=now)
        measure(earlier, place)
        remind(place, sending_at=now, failed_at=now, failure="refused")
    CareGroup.objects.update(minimum=2)

    with django_assert_num_queries(24):
        client.get(reverse("insight:today", args=[practice.slug]))
