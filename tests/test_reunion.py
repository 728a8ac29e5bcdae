"""The session that follows the last birth: which day the births ask for, and how the page proposes it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sessions.models import Series
from sessions.moving import move, moves_of
from sessions.moving import replace as plan_instead
from sessions.reunion import Expected, last_birth, proposal_for
from sessions.schedule import Anchor, ClosedDay, Step, WorkingDays, after_last_birth
from tests.factories import at, enrol, make_child, make_group, make_participant, make_session

STEP = Step(number=10, anchor=Anchor.LAST_BIRTH, days=28)
TUESDAY = date(2027, 3, 2)
TODAY = timezone.localdate()
NOW = at(TODAY, 12)


@pytest.mark.parametrize(
    ("expected", "last"),
    [
        ([], None),
        ([(TUESDAY, None)], None),
        ([(TUESDAY, TUESDAY + timedelta(9))], TUESDAY + timedelta(9)),
        ([(TUESDAY, TUESDAY - timedelta(20)), (TUESDAY + timedelta(5), None)], TUESDAY + timedelta(5)),
    ],
    ids=["nobody", "no birth yet", "all born", "one awaited"],
)
def test_the_last_birth_is_a_birth_or_a_due_date_still_awaited(expected, last):
    assert last_birth((Expected(*each) for each in expected), today=TUESDAY) == last


@pytest.mark.parametrize(
    ("days_late", "last"),
    [(-1, TUESDAY), (0, TUESDAY), (1, TUESDAY + timedelta(1)), (35, TUESDAY + timedelta(35)), (36, TUESDAY)],
    ids=["before it", "on it", "a day late", "five weeks late", "not written down"],
)
def test_who_is_overdue_counts_as_not_yet_delivered(days_late, last):
    expected = [Expected(TUESDAY - timedelta(9), TUESDAY - timedelta(9)), Expected(TUESDAY, None)]

    assert last_birth(expected, today=TUESDAY + timedelta(days_late)) == last


def test_the_session_keeps_its_day_of_the_week_and_never_comes_earlier_than_asked():
    days = [after_last_birth(STEP, last_on=TUESDAY + timedelta(late), weekday=1, days=WorkingDays()) for late in (0, 1)]

    assert days == [TUESDAY + timedelta(28), TUESDAY + timedelta(35)]


def test_a_closed_day_is_avoided():
    closed = WorkingDays(closed={TUESDAY + timedelta(28): ClosedDay("Pasen", True)})

    assert after_last_birth(STEP, last_on=TUESDAY, weekday=1, days=closed) != TUESDAY + timedelta(28)


@pytest.fixture
def group(practice, facilitator):
    """Planned with a series whose last session follows the last birth."""
    group = make_group(practice, by=facilitator, first=facilitator)
    series = {"template_name": "9 + 1", "first_on": TODAY, "starts_at": "19:30", "steps": [STEP.as_json()]}
    Series.objects.create(practice=practice, group=group, **series)
    return group


@pytest.fixture
def session(group):
    return make_session(group, at(TODAY + timedelta(100), 19, 30), number=10)


@pytest.fixture
def url(practice, group):
    return reverse("sessions:series", args=[practice.slug, group.pk])


def give_birth(group, born_on, *, due_on=None):
    """Somebody of the group whose baby was born on this day."""
    mother = make_participant(group.practice, due_on=due_on or born_on)
    enrol(group, mother, by=group.created_by)
    return make_child(mother, born_on, pregnancy=mother.pregnancies.get())


def put_by_hand(session, day, *, by, hour=19, following=()):
    moves = moves_of(session, starts_at=at(day, hour, 30), room=None, following=following)
    return move(moves, by=by, now=NOW)[0]


def proposed(group):
    return proposal_for(group, list(group.sessions.all()), now=NOW)


def test_the_page_proposes_the_move_with_its_day_and_its_reason(practice, group, session, url, as_facilitator):
    born, awaited = (make_participant(practice, due_on=TODAY + timedelta(late)) for late in (-10, 14))
    enrol(group, born, awaited, by=group.created_by)
    assert "?day=" not in as_facilitator.get(url).text

    make_child(born, TODAY - timedelta(8), pregnancy=born.pregnancies.get())
    proposal = as_facilitator.get(url).context["proposal"]
    assert (proposal.session, proposal.last_on, proposal.awaited) == (session, TODAY + timedelta(14), 1)
    assert TODAY + timedelta(42) <= proposal.day <= TODAY + timedelta(63)
    page = as_facilitator.get(url).text
    move = f"{reverse('sessions:move', args=[practice.slug, session.pk])}?day={proposal.day:%Y-%m-%d}"
    assert move in page
    assert "1 baby is still awaited" in page
    assert "has passed" not in page
    assert f'value="{proposal.day:%Y-%m-%d}"' in as_facilitator.get(move).text


def test_the_page_says_who_is_overdue(practice, group, session, url, as_facilitator):
    give_birth(group, TODAY - timedelta(20))
    enrol(group, make_participant(practice, due_on=TODAY - timedelta(4)), by=group.created_by)

    answer = as_facilitator.get(url)

    proposal = answer.context["proposal"]
    assert (proposal.last_on, proposal.awaited, proposal.overdue) == (TODAY, 1, 1)
    assert "1 due date has passed: that baby counts as born today at the earliest" in answer.text


def test_a_day_that_was_chosen_by_hand_is_not_proposed_again(group, session, facilitator):
    give_birth(group, TODAY - timedelta(5))
    assert proposed(group)

    moved = put_by_hand(session, session.day + timedelta(7), by=facilitator)
    assert proposed(group) is None

    put_by_hand(moved, moved.day, hour=20, by=facilitator)
    assert proposed(group) is None


def test_a_day_that_was_chosen_with_those_before_it_counts_as_chosen_too(group, session, facilitator):
    before = make_session(group, session.starts_at - timedelta(21), number=9)
    give_birth(group, TODAY - timedelta(5))

    put_by_hand(before, before.day + timedelta(7), following=[session], by=facilitator)

    assert proposed(group) is None


def test_a_day_on_which_it_is_in_place_of_one_that_was_called_off_was_chosen_too(group, session, facilitator):
    give_birth(group, TODAY - timedelta(5))

    (there,) = moves_of(session, starts_at=session.starts_at + timedelta(7), room=None)
    instead = plan_instead(there, by=facilitator, now=NOW)

    assert proposal_for(group, [instead], now=NOW) is None


@pytest.mark.parametrize(("days_after", "is_proposed"), [(21, False), (20, True)])
def test_a_chosen_day_is_proposed_again_where_the_last_birth_makes_it_too_early(
    group, session, facilitator, days_after, is_proposed
):
    """Four weeks after it, less the margin of a week."""
    born_on = TODAY - timedelta(5)
    moved = put_by_hand(session, born_on + timedelta(days_after), by=facilitator)
    assert proposed(group) is None

    give_birth(group, born_on)

    proposal = proposed(group)
    assert (proposal is not None) == is_proposed
    assert not proposal or proposal.day > moved.day


def test_a_chosen_day_never_stays_before_the_last_birth(practice, group, session, facilitator):
    wide = replace(STEP, margin_days=60)
    group.series.steps = [wide.as_json()]
    group.series.save()
    put_by_hand(session, TODAY + timedelta(10), by=facilitator)
    give_birth(group, TODAY - timedelta(5))
    assert proposed(group) is None

    enrol(group, make_participant(practice, due_on=TODAY + timedelta(10)), by=facilitator)

    assert proposed(group).day > TODAY + timedelta(10)
