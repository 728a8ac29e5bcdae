"""Plain makers of rows, with defaults. Each works inside the scope of the practice it is given."""

from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from django.utils import timezone

from groups.models import CareGroup, EnrolledChild, Enrolment, Facilitation
from neighbourhood.models import Activity, Partner
from participants.models import Child, Participant, Pregnancy
from practices.founding import practice_founded
from practices.models import Membership, Practice, Profession, Role, Room, User
from practices.tenancy import practice_scope
from sessions.models import GroupSession, SessionLead

NUMBERS = count(1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(day, hour, minute=0):
    """A moment on a clock in Amsterdam."""
    return datetime.combine(day, time(hour, minute), tzinfo=AMSTERDAM)


def make_user(name="Noor Visser", email=None, password=None):
    return User.objects.create_user(email or f"user{next(NUMBERS)}@example.org", name=name, password=password)


def make_practice(slug=None, *, kind=Practice.Kind.MIDWIFERY, with_defaults=False, **fields):
    slug = slug or f"practice-{next(NUMBERS)}"
    practice = Practice.objects.create(
        **{"name": slug.replace("-", " ").title(), "slug": slug, "kind": kind, "sender_name": slug, **fields}
    )
    if with_defaults:
        with practice_scope(practice):
            practice_founded.send(sender=Practice, practice=practice)
    return practice


def make_membership(practice, *roles, profession=Profession.MIDWIFE, user=None, name="Noor Visser", **fields):
    fields = {"starts_on": date(2020, 1, 1), "is_trained": True, **fields}
    return Membership.objects.create(
        practice=practice,
        user=user or make_user(name=name),
        roles=list(roles) or [Role.FACILITATOR],
        profession=profession,
        **fields,
    )


def make_room(practice, name=None, **fields):
    return Room.objects.create(practice=practice, name=name or f"Room {next(NUMBERS)}", **fields)


def make_participant(practice, given_name="Sanne", family_name="de Vries", *, due_on=None, **fields):
    number = next(NUMBERS)
    fields = {
        "client_number": f"C{number:05}",
        "email": f"p{number}@example.org",
        "created_at": timezone.now(),
        **fields,
    }
    participant = Participant.objects.create(
        practice=practice, given_name=given_name, family_name=family_name, **fields
    )
    if due_on:
        Pregnancy.objects.create(practice=practice, participant=participant, due_on=due_on)
    return participant


def make_child(participant, born_on, **fields):
    return Child.objects.create(practice=participant.practice, participant=participant, born_on=born_on, **fields)


def make_group(practice, *, by, kind=CareGroup.Kind.PREGNANCY, first=None, co=None, maximum=12, **fields):
    """A group with its intended pair, without a series; sessions/planning.py makes whole ones."""
    if kind != CareGroup.Kind.THEME:
        fields = {"window_from": date(2027, 3, 1), "window_until": date(2027, 4, 1), **fields}
    fields = {"name": f"Group {next(NUMBERS)}", "minimum": 1, "target": min(10, maximum), **fields}
    group = CareGroup.objects.create(
        practice=practice, kind=kind, maximum=maximum, created_at=timezone.now(), created_by=by, **fields
    )
    for membership, role in ((first, Facilitation.Role.FIRST), (co, Facilitation.Role.CO)):
        if membership:
            Facilitation.objects.create(
                practice=practice, group=group, membership=membership, role=role, starts_on=date(2026, 1, 1)
            )
    return group


def make_session(group, starts_at, *, number=None, minutes=120, room=None, **fields):
    """A session of the group, led by the group's current pair."""
    ends_at = starts_at + timedelta(minutes=minutes)
    turnaround = timedelta(minutes=room.turnaround_minutes if room else 0)
    session = GroupSession.objects.create(
        practice_id=group.practice_id,
        group=group,
        number=number or group.sessions.count() + 1,
        starts_at=starts_at,
        ends_at=ends_at,
        occupied_until=ends_at + turnaround,
        room=room,
        **fields,
    )
    SessionLead.objects.bulk_create(
        SessionLead(
            practice_id=group.practice_id,
            session=session,
            membership=lead.membership,
            user_id=lead.membership.user_id,
            role=lead.role,
            starts_at=session.starts_at,
            occupied_until=session.occupied_until,
        )
        for lead in group.facilitations.current().select_related("membership")
    )
    return session


def enrol(group, *people, by, now=None):
    """Give each person a place at once, with her open pregnancy or all her children; CareGroup.enrol asks first."""
    open_ = Pregnancy.objects.ongoing().filter(participant__in=people) if group.is_pregnancy else ()
    pregnancies = {pregnancy.participant_id: pregnancy for pregnancy in open_}
    places = Enrolment.objects.bulk_create(
        Enrolment(
            practice_id=group.practice_id,
            group=group,
            participant=person,
            pregnancy=pregnancies.get(person.pk),
            state=Enrolment.State.ENROLLED,
            enrolled_at=now or timezone.now(),
            enrolled_by=by,
        )
        for person in people
    )
    if group.is_parenting:
        mothers = {place.participant_id: place for place in places}
        EnrolledChild.objects.bulk_create(
            EnrolledChild(practice_id=group.practice_id, enrolment=mothers[child.participant_id], child=child)
            for child in Child.objects.filter(participant__in=people).order_by("pk")
        )
    return places


def make_partner(practice, name=None, kind=Partner.Kind.LIBRARY, **fields):
    return Partner.objects.create(practice=practice, name=name or f"Partner {next(NUMBERS)}", kind=kind, **fields)


def make_activity(partner, title=None, **fields):
    return Activity.objects.create(
        practice_id=partner.practice_id, partner=partner, title=title or f"Activity {next(NUMBERS)}", **fields
    )
