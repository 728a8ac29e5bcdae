"""A group of some people with one evening, for the tests of what happens in it."""

from datetime import date, timedelta
from types import SimpleNamespace

from django.urls import reverse
from django.utils import timezone

from sessions.models import PlanItem
from tests.factories import enrol, make_group, make_participant, make_session

NAMES = "Sanne Fatima Noor Zoë Iris Lotte Eva Roos Hatice Élise Wilhelmina Anne-Marijn".split()


def make_evening(first, co=None, *, people=3, starts_at=None, group=None, number=None, **fields):
    """An evening that began half an hour ago, unless it says otherwise, with so many people enrolled long before."""
    now = timezone.now()
    starts_at = starts_at or now - timedelta(minutes=30)
    if group is None:
        group = make_group(first.practice, by=first, first=first, co=co, **fields)
        persons = [
            # By first name too: the register is in the order of the last names.
            make_participant(first.practice, name, f"{name[0]}{index:02}", due_on=date(2027, 3, 10))
            for index, name in enumerate(NAMES[:people])
        ]
        enrol(group, *persons, by=first, now=starts_at - timedelta(days=90))
    session = make_session(group, starts_at, number=number)
    places = list(group.enrolments.enrolled().select_related("participant"))
    return SimpleNamespace(
        group=group, session=session, places=places, practice=first.practice, first=first, co=co, now=starts_at
    )


def url(name, evening, *args):
    return reverse(name, args=[evening.practice.slug, evening.session.pk, *args])


def make_topic(evening, title="Slaap", *, session=None, **fields):
    session = session or evening.session
    fields = {"position": session.plan.count() + 1, "added_at": session.starts_at - timedelta(days=30), **fields}
    return PlanItem.objects.create(practice=evening.practice, session=session, title=title, **fields)


def outcomes(evening):
    """First name to outcome, of everybody with one."""
    rows = evening.session.attendances.select_related("enrolment__participant").order_by("pk")
    return {row.enrolment.participant.given_name: row.outcome for row in rows}
