"""The session that follows the last birth: which day the births ask for, and how the page proposes it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sessions.models import Series
from sessions.reunion import Expected, last_birth
from sessions.schedule import Anchor, ClosedDay, Step, WorkingDays, after_last_birth
from tests.factories import at, enrol, make_child, make_group, make_participant, make_session

STEP = Step(number=10, anchor=Anchor.LAST_BIRTH, days=28)
TUESDAY = date(2027, 3, 2)


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
    assert last_birth(Expected(*each) for each in expected) == last


def test_the_session_keeps_its_day_of_the_week_and_never_comes_earlier_than_asked():
    days = [after_last_birth(STEP, last_on=TUESDAY + timedelta(late), weekday=1, days=WorkingDays()) for late in (0, 1)]

    assert days == [TUESDAY + timedelta(28), TUESDAY + timedelta(35)]


def test_a_closed_day_is_avoided():
    closed = WorkingDays(closed={TUESDAY + timedelta(28): ClosedDay("Pasen", True)})

    assert after_last_birth(STEP, last_on=TUESDAY, weekday=1, days=closed) != TUESDAY + timedelta(28)


def test_the_page_proposes_the_move_with_its_day_and_its_reason(practice, facilitator, as_facilitator):
    today = timezone.localdate()
    group = make_group(practice, by=facilitator, first=facilitator)
    session = make_session(group, at(today + timedelta(100), 19, 30), number=10)
    series = {"template_name": "9 + 1", "first_on": today, "starts_at": "19:30", "steps": [STEP.as_json()]}
    Series.objects.create(practice=practice, group=group, **series)
    born, awaited = (make_participant(practice, due_on=today + timedelta(late)) for late in (-10, 14))
    enrol(group, born, awaited, by=facilitator)
    url = reverse("sessions:series", args=[practice.slug, group.pk])
    assert "?day=" not in as_facilitator.get(url).text

    make_child(born, today - timedelta(8), pregnancy=born.pregnancies.get())
    proposal = as_facilitator.get(url).context["proposal"]
    assert (proposal.session, proposal.last_on, proposal.awaited) == (session, today + timedelta(14), 1)
    assert today + timedelta(42) <= proposal.day <= today + timedelta(63)
    page = as_facilitator.get(url).text
    move = f"{reverse('sessions:move', args=[practice.slug, session.pk])}?day={proposal.day:%Y-%m-%d}"
    assert move in page
    assert "1 baby is still awaited" in page
    assert f'value="{proposal.day:%Y-%m-%d}"' in as_facilitator.get(move).text
