"""One row in every table of a practice: row security and references are only tried where there is a row to look at."""

import secrets
from datetime import date, timedelta

from django.apps import apps
from django.utils import timezone

from checks.models import Limit, Measurement, TabletCode, TakenOver
from elements.models import Debrief, Element, ElementAnswer, Reopening
from groups.models import CareGroup, EnrolledChild, Facilitation
from neighbourhood.models import Activity, Meeting, Partner
from participants.access_log import record_access
from practices.models import Absence, ClosedDays, Role
from practices.tenancy import PracticeOwned, practice_scope
from reminders.models import MessageText, Reminder
from sessions.models import (
    ActivityFormat,
    Attendance,
    CalendarFeed,
    Guest,
    LibraryTopic,
    PlanItem,
    ScheduleTemplate,
    Series,
    TemplateStep,
    TurnNote,
)
from tests.factories import (
    at,
    enrol,
    make_child,
    make_group,
    make_membership,
    make_participant,
    make_room,
    make_session,
)

DAY = date(2026, 9, 1)


def tenant_models():
    """Every model with a practice, the tables of the change history included."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, PracticeOwned) or any(field.name == "practice" for field in model._meta.local_fields)
    ]


def build_house(practice):
    """Fill every table of this practice with at least one row. Returns the session that most of it hangs on."""
    with practice_scope(practice):
        now = timezone.now()
        first = make_membership(practice, *Role)
        Absence.objects.create(
            practice=practice, membership=first, starts_on=DAY, ends_on=DAY, entered_at=now, entered_by=first
        )
        ClosedDays.objects.create(practice=practice, starts_on=DAY, ends_on=DAY, reason="Studiedag")
        mother = make_participant(practice, due_on=date(2027, 3, 10), contact_stopped_at=now, contact_stopped_by=first)
        child = make_child(mother, date(2026, 7, 1), pregnancy=mother.pregnancies.get())
        room = make_room(practice)
        make_room(practice, "Empty")
        parents = make_group(practice, by=first, kind=CareGroup.Kind.PARENTING, first=first, room=room)
        (place,) = enrol(parents, mother, by=first)
        EnrolledChild.objects.get_or_create(practice=practice, enrolment=place, child=child)
        pregnant = make_group(practice, by=first, room=room)
        (left,) = enrol(pregnant, mother, by=first)
        pregnant.merged_into, pregnant.cancelled_at, pregnant.cancelled_by = parents, now, first
        pregnant.save()
        left.state, left.left_at, left.left_by = "left", now, first
        left.save()
        other = make_participant(practice)
        (ended,) = enrol(make_group(practice, by=first), other, by=first)
        ended.state, ended.ended_at, ended.ended_from, ended.goes_on_in = "ended", now, "enrolled", place
        ended.save()
        session = make_session(parents, at(DAY, 19, 30), room=room)
        substitute = make_membership(practice, Role.CO_FACILITATOR, name="Ina Invaller")
        lead = session.leads.get()
        lead.pk, lead.membership, lead.role, lead.stands_in_for = None, substitute, Facilitation.Role.CO, first
        lead.save()
        template = ScheduleTemplate.objects.create(
            practice=practice, name="Eigen", kind="theme", minimum=1, target=5, maximum=8
        )
        Series.objects.create(
            practice=practice,
            group=parents,
            template=template,
            template_name="8",
            steps=[],
            first_on=DAY,
            starts_at="19:30",
        )
        activity_format = ActivityFormat.objects.create(practice=practice, name="Eigen", minutes=15)
        LibraryTopic.objects.create(
            practice=practice, title="Eigen onderwerp", suggested=activity_format, kinds=["parenting"]
        )
        TemplateStep.objects.create(practice=practice, template=template, number=1, anchor="series", days=0, theme="A")
        Attendance.objects.create(
            practice=practice,
            session=session,
            enrolment=place,
            outcome="present",
            recorded_at=now,
            recorded_by=first,
            seen_by=first,
            seen_at=now,
        )
        TurnNote.objects.create(
            practice=practice, session=session, enrolment=place, text="Hartje goed", written_at=now, written_by=first
        )
        Guest.objects.create(practice=practice, session=session, name="Dr. Vos", changed_by=first)
        session.record_answer(place, is_coming=True, now=now)
        topic = PlanItem.objects.create(
            practice=practice,
            session=session,
            position=1,
            title="Slaap",
            added_at=now,
            postponed_at=now,
            changed_by=first,
        )
        PlanItem.objects.create(
            practice=practice,
            session=session,
            position=2,
            title="Slaap",
            added_at=now,
            carried_from=topic,
            changed_by=first,
        )
        Limit.objects.create(practice=practice, quantity="weight", valid_from=DAY, owner=first, mark_from=100)
        old = measure(session, place, child, first, replaced_at=now, replaced_by=first)
        measure(session, place, child, first, replaces=old, reviewed_by=first, reviewed_at=now)
        TakenOver.objects.create(
            practice=practice,
            session=session,
            enrolment=place,
            child=child,
            fingerprint="house",
            taken_over_at=now,
            taken_over_by=first,
            undone_at=now,
            undone_by=first,
        )
        measure(session, place, child, None, reading=2, confirmed_by=first, confirmed_at=now)
        TabletCode.objects.create(
            practice=practice, session=session, code_hash=secrets.token_hex(32), made_at=now, made_by=first
        )
        element = Element.objects.current().first()
        ElementAnswer.objects.create(
            practice=practice, session=session, rater=first, element=element, answer="yes", answered_at=now
        )
        Debrief.objects.create(practice=practice, session=session, rater=first, went_well="Veel", answered_at=now)
        Reopening.objects.create(
            practice=practice,
            session=session,
            reopened_at=now,
            reopened_by=first,
            reason="Waarde vergeten",
            was_closed_at=now,
            was_closed_by=first,
        )
        MessageText.objects.get_or_create(
            practice=practice, occasion="welcome", channel="email", language="pl", defaults={"body": "Dzień dobry"}
        )
        Reminder.objects.create(
            practice=practice,
            enrolment=place,
            session=session,
            occasion="welcome",
            channel="email",
            key="house",
            due_at=now + timedelta(days=365),
            created_at=now,
        )
        for fields in (
            {"membership": first},
            {"room": room, "holder": first},
            {"group": parents, "holder": first},
            {"enrolment": place},
        ):
            CalendarFeed.objects.create(practice=practice, created_at=now, **fields)
        partner = Partner.objects.create(practice=practice, name="Bibliotheek", kind="library")
        activity = Activity.objects.create(practice=practice, partner=partner, title="Boekstart")
        Meeting.objects.create(
            practice=practice, session=session, activity=activity, arranged_by=first, arranged_at=now
        )
        record_access([mother], by=first, page="participants:person", now=now)
        place.left_by = first
        place.save()
        session.moved_at, session.moved_by = now, first
        session.closed_at, session.closed_by = now, first
        session.moved_at, session.moved_by = now, first
        session.save()
        cancelled = make_session(parents, at(DAY + timedelta(days=7), 19, 30), room=room)
        cancelled.cancelled_at, cancelled.cancelled_by, cancelled.replaces = now, first, session
        cancelled.save()
        return session


def measure(session, place, child, by, **fields):
    return Measurement.objects.create(
        practice=session.practice,
        session=session,
        enrolment=place,
        child=child,
        kind="baby_weight",
        value=5200,
        taken_by=by,
        entered_by=by,
        entered_at=timezone.now(),
        **fields,
    )
