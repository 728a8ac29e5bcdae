"""Moving and cancelling one session: what stands against it, and the act itself."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

from django.db import transaction

from groups.models import CareGroup
from practices.models import Membership, Room
from sessions.clashes import Clash, Clashes, find_clashes, slot, told_as_clashes
from sessions.events import sessions_changed
from sessions.models import GroupSession
from sessions.planning import days_around
from sessions.schedule import Code, Remark


class Fixed(Enum):
    """Why a session cannot be moved or cancelled any more."""

    CANCELLED = "cancelled"
    CLOSED = "closed"
    BEGUN = "begun"


class CannotChange(Exception):
    def __init__(self, session: GroupSession, why: Fixed) -> None:
        super().__init__(session.pk, why)
        self.session, self.why = session, why


def why_fixed(session: GroupSession) -> Fixed | None:
    """What keeps the session as it is: it is cancelled or closed, or people came to it."""
    if session.is_cancelled:
        return Fixed.CANCELLED
    if session.is_closed:
        return Fixed.CLOSED
    return Fixed.BEGUN if session.attendances.who_came().exists() else None


def clashes_of(session: GroupSession, *, starts_at: datetime, room: Room | None) -> list[Clash]:
    """What is in the way of the session at another moment or in another room."""
    people = [lead.membership for lead in session.leads.standing().select_related("membership__user")]
    times = slot(session.number, starts_at, starts_at + session.length, room)
    found = find_clashes(session.practice, [times], room=room, people=people, group=session.group, except_for=session)
    return found.get(session.number, [])


def move(
    session: GroupSession, *, starts_at: datetime, room: Room | None, by: Membership, now: datetime
) -> GroupSession:
    """Put the session at another moment or into another room, for as long as before. Its leads move along.

    Raises CannotChange or clashes.Clashes.
    """

    def look_again() -> dict[int, list[Clash]]:
        found = clashes_of(session, starts_at=starts_at, room=room)
        return {session.number: found} if found else {}

    in_the_way = look_again()
    if in_the_way:
        raise Clashes(in_the_way)
    with told_as_clashes(look_again):
        moved = _to_change(session)
        times = slot(moved.number, starts_at, starts_at + moved.length, room)
        before = moved.day
        moved.starts_at, moved.ends_at, moved.occupied_until = times.starts_at, times.ends_at, times.occupied_until
        moved.room = room
        moved.remarks = [remark.as_text() for remark in _remarks_after_move(moved, before)]
        moved.sequence += 1
        moved.moved_at, moved.moved_by = now, by
        moved.save()
        sessions_changed.send(sender=CareGroup, group=moved.group, sessions=[moved], now=now)
    return moved


def cancel(session: GroupSession, *, by: Membership, now: datetime) -> GroupSession:
    """Call the session off; its leads and its room are free. Raises CannotChange."""
    with transaction.atomic():
        cancelled = _to_change(session)
        cancelled.cancelled_at, cancelled.cancelled_by = now, by
        cancelled.sequence += 1
        cancelled.save()
        sessions_changed.send(sender=CareGroup, group=cancelled.group, sessions=[cancelled], now=now)
    return cancelled


def _to_change(session: GroupSession) -> GroupSession:
    # Whoever closes the session holds this row: a session that is closed meanwhile must stay where it was.
    locked = GroupSession.objects.select_for_update(of=("self",), no_key=True).select_related("group", "practice")
    row = locked.get(pk=session.pk)
    why = why_fixed(row)
    if why:
        raise CannotChange(row, why)
    return row


def _remarks_after_move(session: GroupSession, before: date) -> list[Remark]:
    """What is to know about the new day; its reasons for the old one no longer hold."""
    day = session.day
    days = days_around(session.practice, day)
    remarks = [] if day == before else [Remark(Code.MOVED, before)]
    if day in days.closed:
        remarks.append(Remark(Code.ON_CLOSED_DAY, day, days.closed[day].name))
    return [*remarks, *days.about(day)]
