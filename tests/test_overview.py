"""How people come in and stay, counted by hand beside the page's own count."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup, Enrolment
from insight.funnel import Period, funnels, groups_of, seats_of, with_fill
from sessions.models import Attendance
from tests.factories import at, enrol, make_child, make_group, make_participant, make_session

DAY = date(2026, 10, 8)
NOW = at(DAY, 15)


@pytest.fixture
def group(practice, facilitator):
    return make_group(practice, by=facilitator, first=facilitator, name="Kring Linde", maximum=6)


def make_series(group, *weeks):
    return [make_session(group, at(DAY + timedelta(weeks=week), 19, 30)) for week in weeks]


def attend(sessions, place, *outcomes):
    """One outcome a session; None where nothing was recorded."""
    for session, outcome in zip(sessions, outcomes, strict=True):
        if outcome:
            Attendance.objects.create(
                practice=session.practice,
                session=session,
                enrolment=place,
                outcome=outcome,
                recorded_at=NOW,
                recorded_by=place.enrolled_by,
            )


def make_place(group, state, *, by, **moments):
    """An enrolment in a state that is not enrolled."""
    fields = {f"{state}_at": NOW, **moments}
    if state == "offered":
        fields["offer_ends_at"] = NOW
    person = make_participant(group.practice, due_on=date(2027, 3, 10))
    return Enrolment.objects.create(
        practice=group.practice, group=group, participant=person, state=state, enrolled_by=by, **fields
    )


def numbers(membership, **asked):
    asked = {"period": Period.ALL, **asked}
    found = funnels(groups_of(membership, **asked, now=NOW), now=NOW)
    return {funnel.kind: [stage.number for stage in funnel.stages] for funnel in found}


def test_the_funnel_counts_what_a_hand_counts(practice, facilitator, group):
    four = make_series(group, -8, -6, -4, -2)
    people = [make_participant(practice, due_on=date(2027, 3, 10)) for _ in range(6)]
    all_four, three, two, never, gone, partner = enrol(group, *people, by=facilitator)
    attend(four, all_four, "present", "present", "late", "present")
    attend(four, three, "present", "late", "absent", "present")
    attend(four, two, "present", "present", "apologised", "delivered")
    attend(four, never, "absent", None, "apologised", None)
    attend(four, gone, "present", "present", "present", None)
    attend(four, partner, "partner_only", None, None, None)
    Enrolment.objects.filter(pk=gone.pk).update(state="left", left_at=NOW, reason="moved")
    for state in ("invited", "waiting", "offered", "declined"):
        make_place(group, state, by=facilitator)
    make_place(group, "left", by=facilitator, enrolled_at=NOW)

    assert numbers(facilitator) == {"pregnancy": [11, 7, 4, 3, 2]}


def test_nobody_has_completed_a_series_that_runs(practice, facilitator, group):
    three = make_series(group, -4, -2, 2)
    (place,) = enrol(group, make_participant(practice, due_on=date(2027, 3, 10)), by=facilitator)
    attend(three[:2], place, "present", "present")

    assert numbers(facilitator) == {"pregnancy": [1, 1, 1, 1, 0]}


def test_a_cancelled_session_counts_neither_as_one_of_the_series_nor_as_attended(practice, facilitator, group):
    sessions = make_series(group, -8, -6, -4)
    (place,) = enrol(group, make_participant(practice, due_on=date(2027, 3, 10)), by=facilitator)
    attend(sessions, place, "present", "absent", "present")
    sessions[2].cancelled_at = NOW
    sessions[2].save()

    assert numbers(facilitator) == {"pregnancy": [1, 1, 1, 0, 0]}


def test_each_kind_has_its_own_funnel_in_a_fixed_order(practice, facilitator, group):
    parents = make_group(practice, by=facilitator, kind=CareGroup.Kind.PARENTING)
    mother = make_participant(practice)
    make_child(mother, date(2026, 8, 1))
    enrol(parents, mother, by=facilitator)
    enrol(group, make_participant(practice, due_on=date(2027, 3, 10)), by=facilitator)

    assert list(numbers(facilitator)) == ["pregnancy", "parenting"]
    assert list(numbers(facilitator, kind="parenting")) == ["parenting"]


def test_a_merged_group_is_counted_where_its_people_went(practice, facilitator, group):
    old = make_group(practice, by=facilitator, merged_into=group, cancelled_at=NOW)
    make_place(old, "left", by=facilitator, enrolled_at=NOW)
    make_place(group, "invited", by=facilitator)

    assert numbers(facilitator) == {"pregnancy": [1, 0, 0, 0, 0]}


def test_a_cancelled_group_stays_in_the_funnel_and_leaves_the_places(practice, facilitator):
    gone = make_group(practice, by=facilitator, cancelled_at=NOW)
    make_place(gone, "invited", by=facilitator)

    assert numbers(facilitator) == {"pregnancy": [1, 0, 0, 0, 0]}
    assert list(groups_of(facilitator, period=Period.NOW, now=NOW)) == []


@pytest.mark.parametrize(
    ("period", "names"),
    [
        (Period.NOW, ["runs", "comes", "without dates"]),
        (Period.YEAR, ["over", "runs", "comes", "without dates"]),
        (Period.ALL, ["long ago", "over", "runs", "comes", "without dates"]),
    ],
)
def test_a_period_chooses_groups_by_their_sessions(practice, facilitator, period, names):
    for name, weeks in (
        ("comes", (3, 5)),
        ("over", (-60, -2)),
        ("without dates", ()),
        ("long ago", (-90, -54)),
        ("runs", (-2, 2)),
    ):
        make_series(make_group(practice, by=facilitator, name=name), *weeks)

    groups = with_fill(groups_of(facilitator, period=period, now=NOW))

    assert [group.name for group in groups] == names


def test_places_are_those_enrolled_and_held(practice, facilitator, group):
    enrol(group, make_participant(practice, due_on=date(2027, 3, 10)), by=facilitator)
    for state in ("offered", "waiting", "invited"):
        make_place(group, state, by=facilitator)
    make_group(practice, by=facilitator, maximum=8)
    groups = groups_of(facilitator, period=Period.ALL, now=NOW)

    assert [(each.taken, each.maximum) for each in with_fill(groups)] == [(2, 6), (0, 8)]
    assert seats_of(groups) == (2, 14)


def test_the_page_shows_funnel_and_places_and_offers_the_numbers_as_a_table(
    as_coordinator, practice, facilitator, group
):
    make_session(group, timezone.now() + timedelta(days=3))
    enrol(group, make_participant(practice, due_on=date(2027, 3, 10)), by=facilitator)

    page = as_coordinator.get(reverse("insight:overview", args=[practice.slug])).text

    assert "1 group, 1 of 6 places taken." in page
    assert "Kring Linde" in page
    assert 'class="funnel-bar"' in page
    assert "<details" in page


def test_an_empty_practice_and_an_empty_choice_say_what_to_do(as_coordinator, practice, facilitator, group):
    url = reverse("insight:overview", args=[practice.slug])

    assert 'class="empty"' in as_coordinator.get(f"{url}?kind=theme").text
    assert "?period=all" in as_coordinator.get(f"{url}?kind=theme").text


@pytest.mark.parametrize("query", ["?period=nonsense&kind=theme2&page=x", "?period=&kind=", "?page=99"])
def test_a_question_that_makes_no_sense_is_answered_with_the_default(as_coordinator, practice, group, query):
    make_session(group, timezone.now() + timedelta(days=3))

    response = as_coordinator.get(reverse("insight:overview", args=[practice.slug]) + query)

    assert (response.status_code, list(response.context["page_obj"])) == (200, [group])


def test_co_facilitators_and_strangers_do_not_come_in(as_co_facilitator, as_stranger, as_facilitator, practice):
    url = reverse("insight:overview", args=[practice.slug])

    assert as_facilitator.get(url).status_code == 200
    assert as_co_facilitator.get(url).status_code == 403
    assert as_stranger.get(url).status_code == 404


def test_another_practice_counts_nothing_of_this_one(as_stranger, stranger, practice, facilitator, group):
    enrol(group, make_participant(practice, due_on=date(2027, 3, 10)), by=facilitator)

    page = as_stranger.get(reverse("insight:overview", args=[stranger.practice.slug]))

    assert (page.context["funnels"], page.context["there"]) == ([], 0)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_number_of_queries_for_any_number(
    as_coordinator, practice, facilitator, rows, django_assert_num_queries
):
    for _ in range(rows):
        group = make_group(practice, by=facilitator)
        make_session(group, timezone.now() + timedelta(days=3))
        enrol(group, make_participant(practice, due_on=date(2027, 3, 10)), by=facilitator)

    with django_assert_num_queries(17):
        as_coordinator.get(reverse("insight:overview", args=[practice.slug]))
