"""Groepen: a line per group over twelve weeks."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup
from practices.tenancy import practice_scope
from sessions.planner import GO_AHEAD, monday_of, planner, too_small
from tests.cast import client_of
from tests.factories import (
    AMSTERDAM,
    at,
    enrol,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_session,
)

MONDAY = date(2026, 11, 16)
NOW = at(date(2026, 11, 18), 12)


@pytest.fixture
def url(practice):
    return reverse("sessions:planner", args=[practice.slug])


@pytest.fixture
def lines(facilitator):
    """The lines over the weeks from the middle of November, as one of the staff sees them."""

    def lines(membership=facilitator, *, start=MONDAY, now=NOW):
        with timezone.override(AMSTERDAM):
            groups = CareGroup.objects.visible_to(membership)
            return planner(groups, membership, start=start, page=1, now=now).lines

    return lines


def this_week(hour=20):
    """An hour of today: inside the weeks that the page shows."""
    return timezone.make_aware(datetime.combine(timezone.localdate(), time(hour)))


def test_a_line_shows_the_sessions_in_their_weeks(practice, facilitator, lines):
    group = make_group(practice, by=facilitator, first=facilitator)
    for day in (date(2026, 11, 16), date(2026, 12, 20), date(2027, 2, 7), date(2027, 2, 8)):
        make_session(group, at(day, 19, 30))
    make_session(group, at(date(2026, 12, 1), 19, 30), cancelled_at=NOW, cancelled_by=facilitator)

    (line,) = lines()

    assert [(chip.day, chip.week) for chip in line.chips] == [
        (date(2026, 11, 16), 1),
        (date(2026, 12, 20), 5),
        (date(2027, 2, 7), 12),
    ]
    assert [chip.is_past for chip in line.chips] == [True, False, False]
    assert line.about == f"CenteringZwangerschap · {facilitator.user.name}"


def test_a_late_evening_belongs_to_its_own_day_on_both_sides_of_the_window(practice, facilitator, lines):
    group = make_group(practice, by=facilitator)
    make_session(group, at(date(2026, 11, 15), 23, 30), minutes=15)
    make_session(group, at(date(2027, 2, 7), 23, 30), minutes=15)

    (line,) = lines()

    assert [chip.day for chip in line.chips] == [date(2027, 2, 7)]


def test_groups_that_still_meet_are_shown_soonest_first_and_those_without_dates_last(practice, facilitator, lines):
    over, later, soon, undated, cancelled = (
        make_group(practice, by=facilitator, name=name) for name in ("over", "later", "soon", "undated", "cancelled")
    )
    make_session(over, at(date(2026, 11, 2), 19))
    make_session(later, at(date(2027, 6, 1), 19))
    make_session(soon, at(date(2026, 11, 3), 19))
    make_session(soon, at(date(2026, 12, 3), 19))
    make_session(cancelled, at(date(2026, 12, 3), 9))
    CareGroup.objects.filter(pk=cancelled.pk).update(cancelled_at=NOW, cancelled_by=facilitator)

    assert [line.group.name for line in lines()] == ["soon", "later", "undated"]
    assert undated.sessions.count() == 0


def test_seats_that_are_taken_or_offered_count(practice, facilitator, lines):
    group = make_group(practice, by=facilitator, maximum=2)
    enrol(group, *(make_participant(practice, due_on=date(2027, 3, 9)) for _ in range(2)), by=facilitator)

    (full,) = lines()
    group.enrolments.update(state="offered", offered_at=NOW, offer_ends_at=NOW)
    (offered,) = lines()
    group.enrolments.update(state="left", left_at=NOW)
    (empty,) = lines()

    assert [line.seats for line in (full, offered, empty)] == ["2 of 2 seats", "2 of 2 seats", "0 of 2 seats"]


@pytest.mark.parametrize(
    ("ahead", "taken", "words"),
    [
        (GO_AHEAD, 5, "Starts in 21 days with 5 of at least 6 people."),
        (timedelta(days=1), 0, "Starts in 1 day with 0 of at least 6 people."),
        (timedelta(hours=3), 5, "Starts today with 5 of at least 6 people."),
        (GO_AHEAD + timedelta(minutes=1), 5, ""),
        (GO_AHEAD, 6, ""),
        (timedelta(hours=-1), 1, ""),
    ],
)
def test_a_group_that_will_start_too_small_is_warned_about_three_weeks_before(ahead, taken, words):
    group = CareGroup(minimum=6)

    with timezone.override(AMSTERDAM):
        assert too_small(group, first_at=NOW + ahead, taken=taken, now=NOW) == words


def test_a_group_without_dates_does_not_start_too_small():
    assert too_small(CareGroup(minimum=6), first_at=None, taken=0, now=NOW) == ""


def test_the_page_names_groups_seats_and_sessions(practice, as_facilitator, facilitator, url):
    group = make_group(practice, by=facilitator, first=facilitator, name="Zwaluwen", minimum=3)
    session = make_session(group, timezone.now() + timedelta(days=10))

    page = as_facilitator.get(url).content.decode()

    assert "Zwaluwen" in page
    assert "0 of 12 seats" in page
    assert "Starts in 10 days with 0 of at least 3 people." in page
    assert f"{reverse('sessions:series', args=[practice.slug, group.pk])}#session-{session.pk}" in page


def test_the_list_is_narrowed_by_kind_and_language(practice, as_facilitator, facilitator, url):
    make_group(practice, by=facilitator, name="Zwaluwen")
    make_group(practice, by=facilitator, name="Lale", language="tr")
    make_group(practice, by=facilitator, name="Ouders", kind=CareGroup.Kind.PARENTING)

    def shown(**query):
        return {line.group.name for line in as_facilitator.get(url, query).context["planner"].lines}

    assert shown(kind="co") == {"Ouders"}
    assert shown(language="tr") == {"Lale"}
    assert shown(kind="cz", language="nl") == {"Zwaluwen"}
    assert shown(kind="co", language="tr") == set()
    assert shown(kind="nonsense", language="nonsense") == {"Zwaluwen", "Lale", "Ouders"}


@pytest.mark.parametrize("day", ["2026-11-18", "yesterday", "9999-12-31", "0001-01-01", ""])
def test_the_weeks_begin_on_a_monday_whatever_the_address_asks(as_facilitator, url, day):
    weeks = as_facilitator.get(url, {"from": day}).context["planner"].weeks

    expected = date(2026, 11, 16) if day == "2026-11-18" else monday_of(timezone.localdate())
    assert weeks[0] == expected
    assert len(weeks) == 12


def test_a_co_facilitator_sees_her_own_groups_and_no_button(
    practice, facilitator, co_facilitator, as_co_facilitator, url
):
    make_group(practice, by=facilitator, co=co_facilitator, name="Eigen")
    make_group(practice, by=facilitator, name="Andere")

    response = as_co_facilitator.get(url)

    assert [line.group.name for line in response.context["planner"].lines] == ["Eigen"]
    assert reverse("sessions:plan", args=[practice.slug]) not in response.content.decode()


def test_a_coordinator_of_another_practice_sees_nothing_of_this_one(practice, facilitator, stranger, as_stranger):
    make_group(practice, by=facilitator, name="Geheim")

    page = as_stranger.get(reverse("sessions:planner", args=[stranger.practice.slug])).content.decode()

    assert "Geheim" not in page
    assert "No groups yet" in page


def test_an_empty_page_offers_the_first_step(as_facilitator, as_co_facilitator, url, practice):
    planning = reverse("sessions:plan", args=[practice.slug])

    empty, filtered, own = (
        as_facilitator.get(url),
        as_facilitator.get(url, {"kind": "co"}),
        as_co_facilitator.get(url),
    )

    assert "Plan the first group" in empty.content.decode()
    assert planning in empty.content.decode()
    assert "Show all groups" in filtered.content.decode()
    assert "You have no groups" in own.content.decode()


def test_the_page_costs_at_most_twelve_queries_for_one_group_and_for_three(
    practice, facilitator, as_facilitator, url, django_assert_num_queries
):
    bare = 12
    for count in (1, 2):
        for _ in range(count):
            group = make_group(practice, by=facilitator, first=facilitator)
            make_session(group, this_week() + timedelta(days=7 * CareGroup.objects.count()))
            enrol(group, make_participant(practice, due_on=group.window_from), by=facilitator)

        with django_assert_num_queries(bare + 3):
            as_facilitator.get(url)


def test_many_groups_come_in_pages(practice, facilitator, as_facilitator, url):
    for _ in range(41):
        make_group(practice, by=facilitator)

    first, second = as_facilitator.get(url), as_facilitator.get(url, {"page": 2})

    assert [len(answer.context["planner"].lines) for answer in (first, second)] == [40, 1]


def test_a_guest_of_two_practices_sees_the_lines_of_the_one_she_is_in(practice, facilitator):
    elsewhere = make_practice("elders")
    with practice_scope(elsewhere):
        guest = make_membership(elsewhere, user=facilitator.user)
        make_group(elsewhere, by=guest, first=guest, name="Daar")
    make_group(practice, by=facilitator, first=facilitator, name="Hier")

    shown = {
        slug: [
            line.group.name
            for line in client_of(facilitator).get(reverse("sessions:planner", args=[slug])).context["planner"].lines
        ]
        for slug in (practice.slug, "elders")
    }

    assert shown == {practice.slug: ["Hier"], "elders": ["Daar"]}
