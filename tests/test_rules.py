"""What each member of staff may see and change of every kind of row, by the querysets alone."""

from datetime import date

import pytest

from checks.models import Limit, Measurement, TabletCode, TakenOver
from elements.models import Debrief, ElementAnswer
from groups.models import CareGroup, Enrolment, Facilitation
from neighbourhood.models import Activity, Meeting, Partner
from participants.models import Participant
from practices.models import Absence, ClosedDays, Membership, Profession, Role, Room
from practices.tenancy import all_practices, practice_scope
from reminders.models import MessageText, Reminder
from sessions.models import (
    ActivityFormat,
    Answer,
    Attendance,
    CalendarFeed,
    GroupSession,
    Guest,
    LibraryTopic,
    PlanItem,
    ScheduleTemplate,
    TurnNote,
)
from tests.factories import make_membership, make_practice
from tests.house import build_house

pytestmark = pytest.mark.django_db

# (who sees, who may change): C the coordinator, F a facilitator who leads other groups, A the assistant who leads this
# group as its co-facilitator, c a co-facilitator who leads none.
MAY = {
    Absence: ("CF", "C"),
    Activity: ("CFAc", "CF"),
    ActivityFormat: ("CFAc", "CF"),
    Answer: ("CFA", "CFA"),
    Attendance: ("CFA", "A"),
    # An address is its holder's alone, and none of these holds one.
    CalendarFeed: ("", ""),
    CareGroup: ("CFA", "CF"),
    ClosedDays: ("CFAc", "C"),
    Debrief: ("CFA", "A"),
    ElementAnswer: ("CFA", "A"),
    Enrolment: ("CFA", "CF"),
    GroupSession: ("CFA", "A"),
    LibraryTopic: ("CFAc", "CF"),
    Guest: ("CFA", "A"),
    Limit: ("CFAc", "F"),
    Measurement: ("A", "A"),
    Meeting: ("CFA", "CF"),
    Membership: ("CFAc", "C"),
    MessageText: ("CFAc", "C"),
    Participant: ("CFA", "CF"),
    Partner: ("CFAc", "CF"),
    PlanItem: ("CFA", "A"),
    Reminder: ("CFA", "CF"),
    Room: ("CFAc", "C"),
    ScheduleTemplate: ("CFAc", "CF"),
    TabletCode: ("A", "A"),
    TakenOver: ("A", "A"),
    TurnNote: ("A", "A"),
}


@pytest.fixture
def staff():
    """The staff of a full house, beside another one, by their letters."""
    build_house(make_practice("elders", with_defaults=True))
    practice = make_practice("de-linde", with_defaults=True)
    session = build_house(practice)
    with practice_scope(practice):
        people = {
            "C": make_membership(practice, Role.COORDINATOR, profession=Profession.OTHER),
            "F": make_membership(practice, Role.FACILITATOR),
            "A": make_membership(practice, Role.CO_FACILITATOR, profession=Profession.ASSISTANT),
            "c": make_membership(practice, Role.CO_FACILITATOR, profession=Profession.ASSISTANT),
        }
        leads = {"group": session.group, "membership": people["A"], "role": Facilitation.Role.CO}
        Facilitation.objects.create(practice=practice, starts_on=date(2026, 1, 1), **leads)
    # Without row security, which would keep the other practice away by itself.
    with all_practices():
        yield people


def who(staff, rule):
    """The letters of those whose rule finds rows, all of them of their own practice."""
    found = ""
    for letter, membership in staff.items():
        practices = set(rule(membership).values_list("practice", flat=True))
        assert practices <= {membership.practice_id}
        found += letter if practices else ""
    return found


def test_rows_are_seen_and_changed_by_whom_the_table_says(staff):
    may = {model: (who(staff, model.objects.visible_to), who(staff, model.objects.editable_by)) for model in MAY}

    assert may == MAY


def test_sessions_are_planned_by_planners(staff):
    assert who(staff, GroupSession.objects.plannable_by) == "CF"
    # The assistant leads the one session that stands.
    assert who(staff, GroupSession.objects.observable_by) == "CF"
