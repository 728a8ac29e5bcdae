"""A group that ends before its series does: what stands against it, what ends with it, and how it comes back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from groups.events import people_changed
from groups.models import TAKES_A_PLACE, CareGroup, EnrolledChild, Enrolment
from practices.models import Membership
from sessions.clashes import Clash, Clashes, but_for_absences, told_as_clashes
from sessions.events import sessions_changed
from sessions.models import Attendance, GroupSession, GroupSessionQuerySet
from sessions.moving import Move, clashes_of


class Stays(Enum):
    """Why a group stays what it is."""

    # It ended already.
    ENDED = "ended"
    # People came to a session that is not closed yet.
    OPEN = "open"
    # It never ended, and so cannot come back.
    STANDS = "stands"
    # Its people are in another group now.
    MERGED = "merged"
    # None of its sessions is still to come.
    OVER = "over"


class CannotEnd(Exception):
    def __init__(self, group: CareGroup, why: Stays) -> None:
        super().__init__(group.pk, why)
        self.group, self.why = group, why


def why_not_ended(group: CareGroup) -> Stays | None:
    if group.cancelled_at:
        return Stays.ENDED
    came = Attendance.objects.who_came().filter(session__group=group, session__cancelled_at=None)
    return Stays.OPEN if came.filter(session__closed_at=None).exists() else None


def to_call_off(group: CareGroup, *, now: datetime) -> list[GroupSession]:
    """The sessions that would be called off with the group."""
    return list(_still_to_come(group, now=now))


def _still_to_come(group: CareGroup, *, now: datetime) -> GroupSessionQuerySet:
    rows = group.sessions.standing().filter(starts_at__gt=now, closed_at=None).select_related("room")
    return rows.order_by("starts_at", "pk")


def locked(*groups: CareGroup) -> list[CareGroup]:
    """These groups as they are, their rows held until the transaction ends; in the order of their keys."""
    rows = CareGroup.objects.select_for_update(of=("self",), no_key=True).select_related("practice")
    return list(rows.filter(pk__in=[group.pk for group in groups]).order_by("pk"))


def cancel_group(group: CareGroup, *, by: Membership, now: datetime) -> CareGroup:
    """Call off the group with every session that is still to come; everybody's place ends. Raises CannotEnd."""
    with transaction.atomic():
        (ended,) = locked(group)
        sessions, places = end(ended, by=by, now=now)
        sessions_changed.send(sender=CareGroup, group=ended, sessions=sessions, now=now)
        people_changed.send(sender=CareGroup, group=ended, enrolments=places, now=now)
    return ended


def end(group: CareGroup, *, by: Membership, now: datetime) -> tuple[list[GroupSession], list[Enrolment]]:
    """End a group whose row is held, and say what ended with it. The caller announces it. Raises CannotEnd."""
    why = why_not_ended(group)
    if why:
        raise CannotEnd(group, why)
    group.cancelled_at, group.cancelled_by = now, by
    group.save(update_fields=["cancelled_at", "cancelled_by"])
    # In the order of their start, as all who hold several sessions do: who postpones a topic holds two of them.
    sessions = list(_still_to_come(group, now=now).select_for_update(of=("self",), no_key=True))
    GroupSession.objects.filter(pk__in=[each.pk for each in sessions]).update(
        cancelled_at=now, cancelled_by=by, sequence=F("sequence") + 1
    )
    places = list(group.enrolments.involved())
    ending = Enrolment.objects.filter(pk__in=[place.pk for place in places])
    ending.update(state=Enrolment.State.ENDED, ended_at=now, ended_from=F("state"))
    for row in (*sessions, *places):
        row.refresh_from_db()
    return sessions, places


@dataclass(frozen=True, kw_only=True)
class Return:
    """What comes back of a group that was called off, and what is in the way of the rest."""

    group: CareGroup
    back: Sequence[GroupSession]
    places: Sequence[Enrolment]
    # By the number of the session.
    in_the_way: dict[int, list[Clash]]

    @classmethod
    def of(cls, group: CareGroup, *, now: datetime) -> Return:
        """The sessions and places that ended with the group. Raises CannotEnd."""
        if group.cancelled_at is None:
            raise CannotEnd(group, Stays.STANDS)
        if group.merged_into_id:
            raise CannotEnd(group, Stays.MERGED)
        ended_with_it = group.sessions.filter(cancelled_at=group.cancelled_at, starts_at__gt=now)
        sessions = list(ended_with_it.select_related("group", "practice", "room").order_by("starts_at", "pk"))
        if not sessions:
            raise CannotEnd(group, Stays.OVER)
        there = [Move(session=each, starts_at=each.starts_at, room=each.room) for each in sessions]
        # Who is away by now is told on the page of the series.
        in_the_way = but_for_absences(clashes_of(there))
        return cls(
            group=group,
            back=[each for each in sessions if each.number not in in_the_way],
            places=list(_free_places(group)),
            in_the_way=in_the_way,
        )


def _free_places(group: CareGroup) -> Iterable[Enrolment]:
    """The places that ended with the group, of people who have no other place for the same pregnancy or child."""
    other = Enrolment.objects.taking_a_place().filter(pregnancy=OuterRef("pregnancy"))
    along = EnrolledChild.objects.filter(enrolment=OuterRef(OuterRef("pk"))).values("child")
    with_child = EnrolledChild.objects.filter(child__in=along, enrolment__state__in=TAKES_A_PLACE)
    ended = group.enrolments.filter(state=Enrolment.State.ENDED, ended_at=group.cancelled_at, goes_on_in=None)
    return ended.filter(Q(pregnancy=None) | ~Exists(other), ~Exists(with_child)).select_related("participant")


def reopen_group(group: CareGroup, *, by: Membership, now: datetime) -> Return:
    """Let a group that was called off go on, with the sessions and the places that nothing stands in the way of.

    Raises CannotEnd, or clashes.Clashes when no session at all can come back.
    """
    with told_as_clashes(lambda: Return.of(group, now=now).in_the_way):
        (row,) = locked(group)
        coming = Return.of(row, now=now)
        if not coming.back:
            raise Clashes(coming.in_the_way)
        # Of those who keep another place, what was to be sent about this group is over too.
        ended = list(row.enrolments.filter(ended_at=row.cancelled_at))
        row.cancelled_at = row.cancelled_by = None
        row.save(update_fields=["cancelled_at", "cancelled_by"])
        # Their leads follow by a trigger.
        GroupSession.objects.filter(pk__in=[each.pk for each in coming.back]).update(
            cancelled_at=None, cancelled_by=None, moved_at=now, moved_by=by, sequence=F("sequence") + 1
        )
        Enrolment.objects.filter(pk__in=[place.pk for place in coming.places]).update(
            state=F("ended_from"), ended_at=None, ended_from=""
        )
        for changed in (*coming.back, *ended):
            changed.refresh_from_db()
        sessions_changed.send(sender=CareGroup, group=row, sessions=list(coming.back), now=now)
        people_changed.send(sender=CareGroup, group=row, enrolments=ended, now=now)
    return coming
