"""Groepen: a line per group over twelve weeks."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup, Facilitation
from practices.models import Absence, ClosedDays, Profession
from practices.tenancy import practice_scope
from sessions.advice import GO_AHEAD, Start, advice_for, advise, place_of, too_small
from sessions.choice import Choice, choice_of
from sessions.models import GroupSession
from sessions.planner import monday_of, planner
from sessions.schedule import Code, Remark
from tests.cast import client_of
from tests.factories import (
    AMSTERDAM,
    at,
    enrol,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_room,
    make_session,
)

MONDAY = date(2026, 11, 16)
NOW = at(date(2026, 11, 18), 12)
# What every page asks before it shows anything.
BARE = 12


@pytest.fixture
def url(practice):
    return reverse("sessions:planner", args=[practice.slug])


@pytest.fixture
def lines(facilitator):
    """The lines over the weeks from the middle of November, as one of the staff sees them."""

    def lines(membership=facilitator, *, start=MONDAY, now=NOW):
        with timezone.override(AMSTERDAM):
            return planner(membership, Choice([]), start=start, page=1, now=now).lines

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

    assert [chip.day for chip in line.chips] == [date(2026, 11, 16), date(2026, 12, 20), date(2027, 2, 7)]
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
    with timezone.override(AMSTERDAM):
        assert too_small(minimum=6, first_at=NOW + ahead, taken=taken, now=NOW) == words


def test_a_group_without_dates_does_not_start_too_small():
    assert too_small(minimum=6, first_at=None, taken=0, now=NOW) == ""


def test_the_page_names_groups_seats_and_sessions(practice, as_facilitator, facilitator, url):
    group = make_group(practice, by=facilitator, first=facilitator, name="Zwaluwen", minimum=3)
    session = make_session(group, timezone.now() + timedelta(days=10))

    page = as_facilitator.get(url).content.decode()

    assert "Zwaluwen" in page
    assert "0 of 12 seats" in page
    assert "Starts in 10 days with 0 of at least 3 people." in page
    assert f"{reverse('sessions:series', args=[practice.slug, group.pk])}#session-{session.pk}" in page


def test_groups_and_sessions_are_narrowed_by_kind_language_person_and_room(practice, facilitator, as_facilitator, url):
    room, other = make_room(practice, "Kring"), make_room(practice, "Zaal")
    substitute = make_membership(practice, name="Inval")
    swallows = make_group(practice, by=facilitator, first=facilitator, name="Zwaluwen", room=room)
    tulips = make_group(practice, by=facilitator, name="Lale", language="tr", kind=CareGroup.Kind.PARENTING)
    make_session(swallows, this_week(), room=room)
    elsewhere = make_session(tulips, this_week(), room=other)
    lead = {"membership": substitute, "user": substitute.user, "role": Facilitation.Role.CO}
    times = {"starts_at": elsewhere.starts_at, "occupied_until": elsewhere.occupied_until}
    elsewhere.leads.create(practice=practice, **lead, **times)

    def shown(**query):
        choice = choice_of(query, facilitator, day=timezone.localdate())
        groups = choice.groups(CareGroup.objects.all(), begins=this_week(0))
        sessions = choice.sessions(GroupSession.objects.all())
        assert {session.group for session in sessions} == set(groups)
        return set(groups)

    assert shown(kind="cz", language="nl") == {swallows}
    assert shown(language="tr") == {tulips}
    assert shown(kind="co", language="nl") == set()
    assert shown(person=str(facilitator.pk)) == {swallows}
    assert shown(person=str(substitute.pk)) == {tulips}
    assert shown(room=str(other.pk)) == {tulips}
    assert shown(kind="nonsense", language="nonsense", person="0", room="x") == {swallows, tulips}
    assert f'<option value="{room.pk}" selected>Kring</option>' in as_facilitator.get(url, {"room": room.pk}).text
    assert "No group meets then" in as_facilitator.get(url, {"kind": "theme", "view": "week"}).text


def test_a_line_says_what_to_worry_about(practice, facilitator, lines):
    group = make_group(practice, by=facilitator, first=facilitator, language="tr")
    _past, away, closed, far, _fine = (
        make_session(group, at(MONDAY + timedelta(days), 10), remarks=remarks)
        for days, remarks in [
            (0, [Remark(Code.OUTSIDE_MARGIN, MONDAY).as_text()]),
            (14, []),
            (21, []),
            (28, [Remark(Code.OUTSIDE_MARGIN, date(2026, 12, 1)).as_text()]),
            (35, [Remark(Code.MOVED, date(2026, 12, 1)).as_text()]),
        ]
    )
    day = MONDAY + timedelta(14)
    given = {"entered_at": NOW, "entered_by": facilitator}
    Absence.objects.create(practice=practice, membership=facilitator, starts_on=day, ends_on=day, **given)
    ClosedDays.objects.create(practice=practice, starts_on=closed.day, ends_on=closed.day, reason="Studiedag")

    (line,) = lines()

    assert [chip.pk for chip in line.chips if chip.worries] == [away.pk, closed.pk, far.pk]
    assert line.worries == [
        "A group in Turkish needs an interpreter who is trained as co-facilitator.",
        "Session 2, Monday 30 November at 10:00: Mila Verloskundige is away on Monday 30 November.",
        "Session 3, Monday 7 December at 10:00: On a day that is closed: Studiedag.",
        "Session 4, Monday 14 December at 10:00: Farther from Tuesday 1 December than the template allows.",
    ]
    make_facilitator_of(group, make_membership(practice, profession=Profession.INTERPRETER))
    assert len(lines()[0].worries) == 3


def make_facilitator_of(group, member):
    role = Facilitation.Role.INTERPRETER
    group.facilitations.create(practice=group.practice, membership=member, role=role, starts_on=MONDAY)


def test_a_week_and_a_month_are_days_with_their_sessions(practice, facilitator, as_facilitator, url):
    group = make_group(practice, by=facilitator, name="Zwaluwen")
    for day, hour in (
        (date(2026, 11, 1), 23),
        (date(2026, 11, 23), 19),
        (date(2026, 11, 23), 9),
        (date(2026, 12, 6), 9),
    ):
        make_session(group, at(day, hour), minutes=30)
    ClosedDays.objects.create(
        practice=practice, starts_on=date(2026, 11, 25), ends_on=date(2026, 11, 25), reason="Studiedag"
    )

    week, month = (as_facilitator.get(url, {"view": view, "on": "2026-11-25"}) for view in ("week", "month"))

    def found(answer):
        return [(str(day.day), chip.time) for day in answer.context["shown"].days for chip in day.chips]

    assert found(week) == [("2026-11-23", "09:00"), ("2026-11-23", "19:00")]
    assert found(month) == [("2026-11-01", "23:00"), *found(week), ("2026-12-06", "09:00")]
    shown = month.context["shown"]
    assert (len(shown.days), shown.days[0].day, shown.days[-1].day) == (42, date(2026, 10, 26), date(2026, 12, 6))
    assert (shown.earlier, shown.later) == (date(2026, 10, 1), date(2026, 12, 1))
    assert (week.context["shown"].earlier, week.context["shown"].later) == (MONDAY, date(2026, 11, 30))
    assert "Studiedag" in week.text


def test_a_session_that_was_dropped_on_a_day_shows_first_what_that_means(practice, facilitator, as_facilitator):
    room = make_room(practice)
    group = make_group(practice, by=facilitator, first=facilitator, room=room)
    session = make_session(group, this_week() + timedelta(days=14), room=room)
    other = make_group(practice, by=facilitator, name="Zwaluwen")
    make_session(other, this_week() + timedelta(days=21), room=room)
    address = reverse("sessions:move", args=[practice.slug, session.pk])

    free, taken, nonsense = (
        as_facilitator.get(address, {"day": day})
        for day in (session.day + timedelta(days=1), session.day + timedelta(days=7), "soon")
    )

    assert {free.status_code, taken.status_code, nonsense.status_code} == {200}
    assert [move.day for move in free.context["proposed"]] == [session.day + timedelta(days=1)]
    assert f"{room.name} is taken by Zwaluwen" in taken.text
    assert nonsense.context["form"].errors
    kept = GroupSession.objects.get(pk=session.pk)
    assert (kept.starts_at, kept.sequence) == (session.starts_at, 0)


def a_start(pk, *, days=30, **fields):
    """A group of 4 of 6 to 10 people that begins so many days from now."""
    fields = {"name": f"Group {pk}", "kind": "pregnancy", "language": "nl", "place": ("area", "1011"), **fields}
    fields = {"reference": date(2027, 3, 1), "taken": 4, "minimum": 6, "maximum": 10, **fields}
    return Start(pk=pk, first_at=NOW + timedelta(days=days), **fields)


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"taken": 6}, True),
        ({"taken": 7}, False),
        ({"taken": 7, "maximum": 11}, True),
        ({"reference": date(2027, 3, 29)}, True),
        ({"reference": date(2027, 3, 30)}, False),
        ({"reference": None}, False),
        ({"kind": "parenting"}, False),
        ({"language": "tr"}, False),
        ({"place": ("area", "1012")}, False),
        ({"place": None}, False),
    ],
)
def test_two_groups_fit_when_they_are_alike_near_and_small_enough(fields, fits):
    assert a_start(1).fits(a_start(2, **fields)) is fits


def test_nobody_is_brought_together_where_there_is_nobody():
    assert not a_start(1, taken=0).fits(a_start(2, taken=0))
    assert not a_start(1).fits(a_start(1))


def test_small_groups_come_first_and_each_other_group_is_in_one_pair():
    small, partner = a_start(1, days=20), a_start(2, days=25)
    pair = [a_start(pk, days=30 + pk, language="tr") for pk in (3, 4, 5)]

    with timezone.override(AMSTERDAM):
        advice = advise([small, partner, *pair], most=12, now=NOW)
        alone = advice_for(CareGroup(pk=5), pair, now=NOW)

    assert [(each.start.pk, bool(each.words), [other.pk for other in each.partners]) for each in advice] == [
        (1, True, [2]),
        (2, False, []),
        (3, False, [4]),
    ][::2]
    assert [other.pk for other in alone.partners] == [4, 3]
    assert advice_for(CareGroup(pk=9), pair, now=NOW) is None


def test_a_place_is_an_area_a_room_or_online():
    assert place_of("in_person", 3, "1011 AB") == place_of("mixed", 4, "1011XY") == ("area", "1011")
    assert place_of("in_person", 3, "") == ("room", "3")
    assert place_of("online", 3, "1011 AB") == ("online", "")
    assert place_of("in_person", None, None) is None


def test_the_planner_and_the_group_say_what_to_do_before_a_group_begins(
    practice, facilitator, as_facilitator, as_co_facilitator, url
):
    room = make_room(practice, postcode="1011 AB")
    small, near, begun = (make_group(practice, by=facilitator, minimum=2, room=room, name=name) for name in "ABC")
    enrol(small, make_participant(practice, due_on=small.window_from), by=facilitator)
    for group, days in ((small, 10), (near, 40), (begun, -1)):
        make_session(group, this_week() + timedelta(days=days))

    page = as_facilitator.get(url)
    fragment, nothing = (
        as_facilitator.get(reverse("sessions:advice", args=[practice.slug, group.pk])) for group in (near, begun)
    )

    ((one),) = page.context["advice"]
    assert (one.start.name, one.words) == ("A", "Starts in 10 days with 1 of at least 2 people.")
    assert [partner.name for partner in one.partners] == ["B"]
    for name, pk in (("sessions:enrol", small.pk), ("sessions:merge", small.pk), ("sessions:series", small.pk)):
        assert reverse(name, args=[practice.slug, pk]) in page.text
    assert "Merge with A" in fragment.text
    assert "Nothing needs to be decided" in nothing.text
    assert as_co_facilitator.get(reverse("sessions:advice", args=[practice.slug, near.pk])).status_code == 403
    assert (
        reverse("sessions:advice", args=[practice.slug, small.pk])
        in as_facilitator.get(reverse("groups:group", args=[practice.slug, small.pk])).text
    )


@pytest.mark.parametrize("day", ["2026-11-18", "yesterday", "9999-12-31", "0001-01-01", ""])
def test_the_weeks_begin_on_a_monday_whatever_the_address_asks(as_facilitator, url, day):
    weeks = as_facilitator.get(url, {"on": day}).context["shown"].weeks

    expected = date(2026, 11, 16) if day == "2026-11-18" else monday_of(timezone.localdate())
    assert weeks[0] == expected
    assert len(weeks) == 12


def test_a_co_facilitator_sees_her_own_groups_and_no_button(
    practice, facilitator, co_facilitator, as_co_facilitator, url
):
    make_group(practice, by=facilitator, co=co_facilitator, name="Eigen")
    make_group(practice, by=facilitator, name="Andere")

    response = as_co_facilitator.get(url)

    assert [line.group.name for line in response.context["shown"].lines] == ["Eigen"]
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


def test_the_views_cost_as_many_queries_for_one_group_as_for_three(
    practice, facilitator, as_facilitator, url, django_assert_num_queries
):
    day = monday_of(timezone.localdate()) + timedelta(days=7)
    given = {"entered_at": timezone.now(), "entered_by": facilitator}
    Absence.objects.create(
        practice=practice, membership=facilitator, starts_on=day, ends_on=day + timedelta(days=60), **given
    )
    for count in (1, 2):
        for _ in range(count):
            group = make_group(practice, by=facilitator, first=facilitator, language="tr", room=make_room(practice))
            make_session(group, at(day, 9) + timedelta(hours=26 * CareGroup.objects.count()))
            enrol(group, make_participant(practice, due_on=group.window_from), by=facilitator)

        with django_assert_num_queries(BARE + 12):
            as_facilitator.get(url)
        with django_assert_num_queries(BARE + 7):
            as_facilitator.get(url, {"view": "week", "on": day.isoformat()})


def test_many_groups_come_in_pages(practice, facilitator, as_facilitator, url):
    for _ in range(21):
        make_group(practice, by=facilitator)

    first, second = as_facilitator.get(url), as_facilitator.get(url, {"page": 2})

    assert [len(answer.context["shown"].lines) for answer in (first, second)] == [20, 1]


def test_a_guest_of_two_practices_sees_the_lines_of_the_one_she_is_in(practice, facilitator):
    elsewhere = make_practice("elders")
    with practice_scope(elsewhere):
        guest = make_membership(elsewhere, user=facilitator.user)
        make_group(elsewhere, by=guest, first=guest, name="Daar")
    make_group(practice, by=facilitator, first=facilitator, name="Hier")

    shown = {
        slug: [
            line.group.name
            for line in client_of(facilitator).get(reverse("sessions:planner", args=[slug])).context["shown"].lines
        ]
        for slug in (practice.slug, "elders")
    }

    assert shown == {practice.slug: ["Hier"], "elders": ["Daar"]}
