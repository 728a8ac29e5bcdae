"""The groups of the demo: planned, filled, held and led as the pages would have done it, at the moments of then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from groups.events import people_changed
from groups.models import CareGroup, Enrolment, Facilitation, Reason
from insight.demo.content import Group
from insight.demo.crowd import Crowd
from insight.demo.dates import Timing, timing_of
from insight.demo.evenings import Evening, Seat, story_of
from neighbourhood.models import Activity
from participants.models import Child, Participant
from practices.models import Membership, Practice, Room
from reminders.expected import as_told
from reminders.ledger import count_as_sent
from reminders.models import Failure, Occasion, Reminder
from sessions.models import GroupSession, ScheduleTemplate
from sessions.planning import enrol_all, lead_of, plan_group
from sessions.schedule import moment
from sessions.working_days import working_days

REASONS = [Reason.WORK, Reason.PREFERS_INDIVIDUAL, Reason.CHILDCARE]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the groups of one practice stand on."""

    practice: Practice
    crowd: Crowd
    staff: Mapping[str, Membership]
    rooms: Mapping[str, Room]
    activities: Mapping[str, Activity]
    now: datetime

    @property
    def today(self) -> date:
        return timezone.localtime(self.now).date()

    def at(self, day: date, clock: time) -> datetime:
        return moment(day, clock, self.practice.zone)


@dataclass(frozen=True, kw_only=True)
class People:
    """Who comes to a group: at its planning, today, or only as far as the invitation."""

    settled: Sequence[Participant]
    joining: Sequence[Participant]
    others: Sequence[Participant]


def make_group(ground: Ground, wanted: Group) -> CareGroup:
    """Plan the group, bring it people, and let its sessions up to today happen."""
    template = ScheduleTemplate.objects.get(practice=ground.practice, name=wanted.template)
    days = working_days(ground.practice, ground.today - timedelta(800), ground.today + timedelta(800))
    timing = timing_of(wanted, template.copied_steps(), today=ground.today, is_open=days.is_open)
    first = ground.staff[wanted.first]
    planned_at = ground.at(timing.planned_on, time(10, 15))
    people = _people(ground, wanted, template.kind, timing, planned_at)
    group = plan_group(
        ground.practice,
        template=template,
        window=timing.window,
        first_on=timing.first_on,
        starts_at=wanted.at,
        chosen={wanted.session: ground.at(timing.anchor, wanted.at)},
        room=ground.rooms[wanted.room],
        first=first,
        co=ground.staff[wanted.co] if wanted.co else None,
        doctor=ground.staff[wanted.doctor] if wanted.doctor else None,
        name=wanted.name,
        language=wanted.language,
        sizes=wanted.sizes,
        people=people.settled,
        by=first,
        now=planned_at,
    )
    if people.joining:
        enrol_all(group, people.joining, by=first, now=ground.now)
    _ask(group, people.others, wanted, planned_at)
    sessions = list(group.sessions.order_by("starts_at"))
    if wanted.guest:
        account, number = wanted.guest
        lead_of(sessions[number - 1], ground.staff[account], Facilitation.Role.CO).save()
    for title, number, note in wanted.meets:
        ground.activities[title].tie_to(sessions[number - 1], note=note, by=first, now=planned_at + timedelta(days=2))
    _leave(group, wanted, sessions, by=first)
    _hold(ground, wanted, group, sessions)
    if wanted.refused:
        _refuse(group, now=ground.now)
    return group


def _people(ground: Ground, wanted: Group, kind: str, timing: Timing, planned_at: datetime) -> People:
    settled = wanted.enrolled - wanted.joining + wanted.left
    asked = wanted.invited + wanted.declined + wanted.waiting
    people = ground.crowd.come(settled + asked, language=wanted.language, at=planned_at)
    joining = ground.crowd.come(wanted.joining, language=wanted.language, at=ground.now)
    ground.crowd.expect([*people, *joining], kind, window=timing.window)
    return People(settled=people[:settled], joining=joining, others=people[settled:])


def _ask(group: CareGroup, people: Iterable[Participant], wanted: Group, planned_at: datetime) -> None:
    """Those who were invited and did not enrol: no answer yet, "no", or waiting for a place."""
    state = Enrolment.State
    states = [state.DECLINED] * wanted.declined + [state.INVITED] * wanted.invited + [state.WAITING] * wanted.waiting
    Enrolment.objects.bulk_create(
        Enrolment(
            practice_id=group.practice_id,
            group=group,
            participant=person,
            pregnancy=person.pregnancies.first(),
            state=each,
            invited_at=planned_at + timedelta(hours=2),
            declined_at=planned_at + timedelta(days=4) if each == state.DECLINED else None,
            waiting_at=planned_at + timedelta(days=5) if each == state.WAITING else None,
            reason=REASONS[place % len(REASONS)] if each == state.DECLINED else "",
        )
        for place, (person, each) in enumerate(zip(people, states, strict=True))
    )


def _leave(group: CareGroup, wanted: Group, sessions: Sequence[GroupSession], *, by: Membership) -> None:
    """Some leave three days after the second session; what they were sent until then was sent."""
    left_at = sessions[1].ends_at + timedelta(days=3)
    settled = group.enrolments.enrolled().order_by("-pk")
    for row in settled[wanted.joining : wanted.joining + wanted.left]:
        count_as_sent([row], until=left_at)
        row.leave(reason=Reason.MOVED, by=by, now=left_at)
        people_changed.send(sender=CareGroup, group=group, enrolments=[row], now=left_at)


def _hold(ground: Ground, wanted: Group, group: CareGroup, sessions: Sequence[GroupSession]) -> None:
    """Let the sessions before today happen, in order, and today's be answered by some."""
    rows = group.enrolments.filter(enrolled_at__isnull=False).select_related("participant", "pregnancy").order_by("pk")
    seats = [_seat(ground, wanted, row, position) for position, row in enumerate(rows)]
    over = [session for session in sessions if session.day < ground.today]
    for session in over:
        Evening(
            group=wanted,
            session=session,
            seats=seats,
            first=ground.staff[wanted.first],
            co=ground.staff[wanted.co or wanted.first],
            observer=ground.staff["coordinator"],
            is_open=wanted.open and session is over[-1],
            is_newest=session is over[-1] and session.day > ground.today - timedelta(weeks=1),
        ).happen()
    for session in sessions:
        if session.day == ground.today:
            for place, is_coming in ((3, False), (0, True), (5, True)):
                answered_at = ground.now - timedelta(hours=3, minutes=7 * place)
                session.record_answer(seats[place].enrolment, is_coming=is_coming, now=answered_at)


def _refuse(group: CareGroup, *, now: datetime) -> None:
    """The last message that was due to somebody in the group did not arrive."""
    messages = Reminder.objects.waiting().filter(enrolment__group=group, occasion=Occasion.WEEK_BEFORE, due_at__lt=now)
    message = messages.select_related("session").latest("due_at", "pk")
    Reminder.objects.claim(message.pk, now=message.due_at)
    message.refresh_from_db()
    if message.session:
        told = {str(message.session.pk): as_told(message.session)}
        message.begin_sending(told, now=message.due_at)
        message.fail(Failure.REFUSED, now=message.due_at + timedelta(seconds=2))


def _seat(ground: Ground, wanted: Group, row: Enrolment, position: int) -> Seat:
    children = [link.child for link in row.enrolled_children.select_related("child")]
    born = _birth(ground, wanted, row, position)
    return Seat(
        position=position,
        enrolment=row,
        children=children,
        story=story_of(wanted, position),
        delivered_at=ground.at(born.born_on, time(4, 30)) if born else None,
    )


def _birth(ground: Ground, wanted: Group, row: Enrolment, position: int) -> Child | None:
    """The baby of a pregnancy that has ended by today."""
    pregnancy = row.pregnancy
    if pregnancy is None:
        return None
    born_on = pregnancy.due_on + timedelta(position * 5 % 19 - 11)
    if wanted.early_birth and position == 0:
        born_on = ground.today - timedelta(4)
    if born_on >= ground.today:
        return None
    child = ground.crowd.child(row.participant, born_on, position, pregnancy)
    child.save()
    pregnancy.ended_on = born_on
    pregnancy.save(update_fields=["ended_on"])
    return child
