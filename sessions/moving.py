"""Moving, cancelling, replacing and reopening sessions: what stands against it, and the act itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from groups.models import CareGroup
from practices.models import Membership, Room
from sessions.clashes import Clash, Clashes, Slot, but_for_absences, find_clashes, slot, told_as_clashes
from sessions.events import sessions_changed
from sessions.models import Attendance, GroupSession, PlanItem, Series, SessionLead
from sessions.planning import days_around, lead_of
from sessions.schedule import Anchor, Code, NoOpenDay, Remark, WorkingDays, asked_day, moment, shifted


class Fixed(Enum):
    """Why a session cannot be moved or cancelled any more."""

    CANCELLED = "cancelled"
    CLOSED = "closed"
    BEGUN = "begun"


class StaysOff(Enum):
    """Why a session does not come back: it was not called off, its time has passed, or another has its number now."""

    STANDS = "stands"
    OVER = "over"
    REPLACED = "replaced"


class CannotChange(Exception):
    def __init__(self, session: GroupSession, why: Fixed | StaysOff) -> None:
        super().__init__(session.pk, why)
        self.session, self.why = session, why


def why_fixed(session: GroupSession) -> Fixed | None:
    """What keeps the session as it is: it is cancelled or closed, or people came to it."""
    if session.is_cancelled:
        return Fixed.CANCELLED
    if session.is_closed:
        return Fixed.CLOSED
    return Fixed.BEGUN if session.attendances.who_came().exists() else None


@dataclass(frozen=True, kw_only=True)
class Move:
    """Where one session would go, for as long as before, and what is to know about the new day."""

    session: GroupSession
    starts_at: datetime
    room: Room | None
    remarks: tuple[Remark, ...] = ()

    @property
    def slot(self) -> Slot:
        return slot(self.session.number, self.starts_at, self.starts_at + self.session.length, self.room)

    @property
    def day(self) -> date:
        return timezone.localtime(self.starts_at).date()

    @property
    def is_later(self) -> bool:
        return self.starts_at > self.session.starts_at


def standing_before(session: GroupSession) -> GroupSession | None:
    """The session of its group that takes place just before it."""
    earlier = GroupSession.objects.standing().filter(group=session.group_id, starts_at__lt=session.starts_at)
    return earlier.order_by("-starts_at").first()


def may_follow(session: GroupSession) -> list[GroupSession]:
    """The sessions after this one that would move with it: all that stand and to which nobody came yet."""
    later = GroupSession.objects.standing().filter(group=session.group_id, starts_at__gt=session.starts_at)
    came = Attendance.objects.who_came().filter(session=OuterRef("pk"))
    free = later.filter(~Exists(came), closed_at=None).select_related("group", "room", "practice")
    return list(free.order_by("starts_at", "pk"))


def moves_of(
    session: GroupSession, *, starts_at: datetime, room: Room | None, following: Sequence[GroupSession] = ()
) -> list[Move]:
    """This session to that moment and room, and those that follow by as many days, to the same time of the clock.

    Of these, the ones that are in the same room as this one change it too, and one that would fall on a closed day
    goes to the nearest open one. Raises schedule.NoOpenDay, with the number of the session.
    """
    zone = session.practice.zone
    clock = starts_at.astimezone(zone)
    shift = clock.date() - session.day
    days = days_around(session.practice, min(session.day, clock.date()))
    try:
        later = shifted([each.day for each in following], shift, days)
    except NoOpenDay as error:
        raise NoOpenDay(following[error.number - 1].number, error.day) from error
    series = Series.objects.filter(group=session.group_id).first()
    remarks = _remarks(session, clock.date(), days, series)
    moves = [Move(session=session, starts_at=starts_at, room=room, remarks=remarks)]
    for each, (day, why) in zip(following, later, strict=True):
        moves.append(
            Move(
                session=each,
                starts_at=moment(day, clock.time(), zone),
                room=room if each.room_id == session.room_id else each.room,
                remarks=(*why, *_remarks(each, day, days, series)),
            )
        )
    return moves


def clashes_of(moves: Sequence[Move]) -> dict[int, list[Clash]]:
    """What is in the way of these sessions where they would go, by their numbers."""
    sessions = [move.session for move in moves]
    leads: dict[int, set[Membership]] = defaultdict(set)
    # Those who lead it, or who would again: they were called off with it.
    called_off = Q(cancelled_at=F("session__cancelled_at"))
    own = SessionLead.objects.filter(Q(cancelled_at=None) | called_off, session__in=[each.pk for each in sessions])
    for lead in own.select_related("membership__user"):
        leads[lead.session_id].add(lead.membership)
    # Mostly one room and one pair, and so one round.
    rounds: dict[tuple[Room | None, frozenset[Membership]], list[Slot]] = defaultdict(list)
    for move in moves:
        rounds[move.room, frozenset(leads[move.session.pk])].append(move.slot)
    found: dict[int, list[Clash]] = {}
    for (room, people), slots in rounds.items():
        group, practice = sessions[0].group, sessions[0].practice
        found |= find_clashes(practice, slots, room=room, people=people, group=group, except_for=sessions)
    return found


def move(moves: Sequence[Move], *, by: Membership, now: datetime) -> list[GroupSession]:
    """Put these sessions of one group where they are to go, all or none. Their leads move along.

    Raises CannotChange or clashes.Clashes.
    """
    in_the_way = clashes_of(moves)
    if in_the_way:
        raise Clashes(in_the_way)
    with told_as_clashes(lambda: clashes_of(moves)):
        _locked(*(each.session for each in moves))
        # From the far end: one session must have left its place before another comes to it.
        ordered = sorted(moves, key=lambda each: each.session.starts_at, reverse=moves[0].is_later)
        moved = [_put(each, by=by, now=now) for each in ordered]
        moved.sort(key=lambda session: session.starts_at)
        sessions_changed.send(sender=CareGroup, group=moved[0].group, sessions=moved, now=now)
    return moved


def _put(move: Move, *, by: Membership, now: datetime) -> GroupSession:
    session, times = _to_change(move.session), move.slot
    session.starts_at, session.ends_at, session.occupied_until = times.starts_at, times.ends_at, times.occupied_until
    session.room = move.room
    session.remarks = [remark.as_text() for remark in move.remarks]
    session.sequence += 1
    session.moved_at, session.moved_by = now, by
    session.save()
    return session


def cancel(session: GroupSession, *, by: Membership, now: datetime) -> GroupSession:
    """Call the session off; its leads and its room are free. Raises CannotChange."""
    with transaction.atomic():
        cancelled = _to_change(session)
        cancelled.cancelled_at, cancelled.cancelled_by = now, by
        cancelled.sequence += 1
        cancelled.save()
        sessions_changed.send(sender=CareGroup, group=cancelled.group, sessions=[cancelled], now=now)
    return cancelled


def replace(there: Move, *, by: Membership, now: datetime) -> GroupSession:
    """Call the session off and plan another in its place, with its number, theme, topics and leads.

    The one that was called off stays as it was. Returns the new one. Raises CannotChange or clashes.Clashes.
    """
    in_the_way = clashes_of([there])
    if in_the_way:
        raise Clashes(in_the_way)
    with told_as_clashes(lambda: clashes_of([there])):
        off = _to_change(there.session)
        leads = list(off.leads.standing().select_related("membership"))
        off.cancelled_at, off.cancelled_by = now, by
        off.sequence += 1
        off.save()
        replacement = as_replacement(there)
        replacement.pk = None
        replacement.save(force_insert=True)
        SessionLead.objects.bulk_create(_same_lead(lead, replacement) for lead in leads)
        PlanItem.objects.filter(session=off).update(session=replacement)
        sessions_changed.send(sender=CareGroup, group=off.group, sessions=[off, replacement], now=now)
    return replacement


def as_replacement(there: Move) -> GroupSession:
    """The session that would be planned in place of this one. Until it is saved it has a key that no row has."""
    off, times = there.session, there.slot
    return GroupSession(
        pk=-off.pk,
        practice_id=off.practice_id,
        group=off.group,
        number=off.number,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        occupied_until=times.occupied_until,
        room=there.room,
        theme=off.theme,
        partners=off.partners,
        with_doctor=off.with_doctor,
        remarks=[remark.as_text() for remark in there.remarks],
        replaces=off,
    )


def _same_lead(lead: SessionLead, session: GroupSession) -> SessionLead:
    same = lead_of(session, lead.membership, lead.role)
    same.stands_in_for_id = lead.stands_in_for_id
    return same


def why_not_reopened(session: GroupSession, *, now: datetime) -> StaysOff | None:
    """What keeps a session called off, as it is at this moment."""
    others = GroupSession.objects.standing().filter(group=session.group_id, number=session.number)
    return stays_off(session, is_replaced=others.exists(), now=now)


def stays_off(session: GroupSession, *, is_replaced: bool, now: datetime) -> StaysOff | None:
    """The same for who knows already whether another session of the group has this number."""
    if not session.is_cancelled:
        return StaysOff.STANDS
    if session.starts_at <= now or session.group.cancelled_at is not None:
        return StaysOff.OVER
    return StaysOff.REPLACED if is_replaced else None


def reopen(session: GroupSession, *, by: Membership, now: datetime) -> GroupSession:
    """Let a session that was called off take place after all, where and with whom it was.

    Raises CannotChange or clashes.Clashes.
    """
    there = [Move(session=session, starts_at=session.starts_at, room=session.room)]
    # Who is away by now is told on the page of the series, and a substitute can be named there.
    in_the_way = but_for_absences(clashes_of(there))
    if in_the_way:
        raise Clashes(in_the_way)
    with told_as_clashes(lambda: clashes_of(there)):
        (reopened,) = _locked(session)
        why = why_not_reopened(reopened, now=now)
        if why:
            raise CannotChange(reopened, why)
        # Its leads follow by a trigger.
        reopened.cancelled_at = reopened.cancelled_by = None
        reopened.moved_at, reopened.moved_by = now, by
        reopened.sequence += 1
        reopened.save()
        # Its topics went to the one that was to be in its place, and come back.
        same = PlanItem.objects.filter(session__group=reopened.group_id, session__number=reopened.number)
        same.update(session=reopened)
        sessions_changed.send(sender=CareGroup, group=reopened.group, sessions=[reopened], now=now)
    return reopened


def _to_change(session: GroupSession) -> GroupSession:
    (row,) = _locked(session)
    why = why_fixed(row)
    if why:
        raise CannotChange(row, why)
    return row


def _locked(*sessions: GroupSession) -> list[GroupSession]:
    # Whoever closes a session holds its row: a session that is closed meanwhile must stay where it was. In the order of
    # their start, as all who hold several do.
    rows = GroupSession.objects.select_for_update(of=("self",), no_key=True).select_related("group", "practice")
    return list(rows.filter(pk__in=[session.pk for session in sessions]).order_by("starts_at", "pk"))


def _remarks(session: GroupSession, day: date, days: WorkingDays, series: Series | None) -> tuple[Remark, ...]:
    """What is to know about the new day; the reasons for the old one no longer hold."""
    remarks = [] if day == session.day else [Remark(Code.MOVED, session.day)]
    if day in days.closed:
        remarks.append(Remark(Code.ON_CLOSED_DAY, day, days.closed[day].name))
    if series and day != session.day:
        remarks += _outside_margin(session, day, series)
    return (*remarks, *days.about(day))


def _outside_margin(session: GroupSession, day: date, series: Series) -> list[Remark]:
    """A warning where the day is farther from the one that its template asks for than the template allows."""
    step = next((step for step in series.copied_steps() if step.number == session.number), None)
    if step is None or step.anchor is Anchor.SERIES:
        return []
    group = session.group
    asked = asked_day(
        step, first_on=series.first_on, reference=group.reference_date, last_due_on=group.last_day_of_window
    )
    is_outside = abs((day - asked).days) > step.margin_days
    return [Remark(Code.OUTSIDE_MARGIN, asked)] if is_outside else []
