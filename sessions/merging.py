"""Two groups become one: everybody of the one goes on in the other, with her history and her calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Min, OuterRef

from groups.events import people_changed
from groups.models import CareGroup, EnrolledChild, Enrolment, GroupFull
from practices.models import Membership
from sessions.advice import NEAR
from sessions.ending import CannotEnd, Stays, end, locked
from sessions.events import sessions_changed
from sessions.feeds import CalendarFeed
from sessions.models import GroupSession

MOMENTS = ("invited_at", "waiting_at", "offered_at", "offer_ends_at")


class DoNotMatch(Exception):
    """The groups differ in kind or language."""


@dataclass(frozen=True, kw_only=True)
class Other:
    """A group that another could go on in: when it meets next, and how many would have a place there.

    `apart` lies between the middles of their windows.
    """

    group: CareGroup
    next_at: datetime
    together: int
    apart: timedelta

    @property
    def fits(self) -> bool:
        return self.together <= self.group.maximum

    @property
    def is_near(self) -> bool:
        """Whether it is for people of about the same weeks: no farther than the groups that are advised."""
        return self.apart <= NEAR


def others_for(group: CareGroup, membership: Membership, *, now: datetime) -> list[Other]:
    """Groups of the same kind and language with sessions to come, the nearest window first. Two queries."""
    coming = GroupSession.objects.upcoming(now).filter(group=OuterRef("pk"))
    nearest = coming.order_by().values("group").annotate(first=Min("starts_at")).values("first")
    same = CareGroup.objects.editable_by(membership).alive().filter(kind=group.kind, language=group.language)
    groups: list[Any] = list(same.exclude(pk=group.pk).filter(Exists(coming)).annotate(next_at=nearest))
    held = Enrolment.objects.taking_a_place().filter(group__in=[group, *groups])
    inside: dict[int, set[int]] = {each.pk: set() for each in (group, *groups)}
    for pk, person in held.values_list("group", "participant"):
        inside[pk].add(person)
    found = [
        Other(
            group=each,
            next_at=each.next_at,
            together=len(inside[group.pk] | inside[each.pk]),
            apart=_apart(group, each),
        )
        for each in groups
    ]
    return sorted(found, key=lambda other: (other.apart, other.group.pk))


def _apart(one: CareGroup, other: CareGroup) -> timedelta:
    """How far the middles of their windows are from each other; theme groups have none."""
    middles = [each.reference_date or date.min for each in (one, other)]
    return abs(middles[0] - middles[1])


def merge(leaving: CareGroup, into: CareGroup, *, by: Membership, now: datetime) -> CareGroup:
    """Let everybody of the one group go on in the other; the emptied one ends, with its sessions to come.

    Attendance, values and answers stay where they were recorded. Raises CannotEnd, DoNotMatch or GroupFull.
    """
    with transaction.atomic():
        # Both at once and in one order: of two that merge the same groups, one waits and is then refused.
        rows = {row.pk: row for row in locked(leaving, into)}
        emptied, goes_on = rows[leaving.pk], rows[into.pk]
        if goes_on.cancelled_at:
            raise CannotEnd(goes_on, Stays.ENDED)
        if emptied == goes_on or (emptied.kind, emptied.language) != (goes_on.kind, goes_on.language):
            raise DoNotMatch
        sessions, places = end(emptied, by=by, now=now)
        # Always the newest: whoever asks where a group went needs no second step.
        CareGroup.objects.filter(merged_into=emptied).update(merged_into=goes_on)
        emptied.merged_into = goes_on
        emptied.save(update_fields=["merged_into"])
        going_on = [_go_on(place, goes_on, by=by, now=now) for place in places]
        if goes_on.enrolments.taking_a_place().count() > goes_on.maximum:
            raise GroupFull(goes_on)
        sessions_changed.send(sender=CareGroup, group=emptied, sessions=sessions, now=now)
        people_changed.send(sender=CareGroup, group=emptied, enrolments=places, now=now)
        people_changed.send(sender=CareGroup, group=goes_on, enrolments=going_on, now=now)
    return goes_on


def _go_on(place: Enrolment, group: CareGroup, *, by: Membership, now: datetime) -> Enrolment:
    """The place in this group that the one which ended goes on in."""
    children = [row.child for row in place.enrolled_children.select_related("child")]
    if place.ended_from == Enrolment.State.ENROLLED:
        person = place.participant
        new = group.enrol(person, pregnancy=place.pregnancy, children=children, by=by, now=now)
    else:
        new = _as_it_was(place, group)
        for child in children:
            EnrolledChild.objects.get_or_create(practice_id=group.practice_id, enrolment=new, child=child)
    Enrolment.objects.filter(goes_on_in=place).update(goes_on_in=new)
    place.goes_on_in = new
    place.save(update_fields=["goes_on_in"])
    feeds = CalendarFeed.objects.live()
    if feeds.filter(enrolment=place).exists():
        # The address that she uses now opens both; one of an earlier place in this group would be a second.
        feeds.filter(enrolment=new).update(revoked_at=now)
        feeds.filter(enrolment=place).update(enrolment=new)
    return new


def _as_it_was(place: Enrolment, group: CareGroup) -> Enrolment:
    """Her way to a place in this group, as far as it was in the other; who is farther on here stays so."""
    row = group.enrolments.filter(participant=place.participant_id).first()
    if row and row in group.enrolments.involved():
        return row
    row = row or Enrolment(practice_id=group.practice_id, group=group, participant_id=place.participant_id)
    row.state, row.pregnancy_id = place.ended_from, place.pregnancy_id
    row.left_at, row.left_by, row.reason, row.ended_at, row.ended_from = None, None, "", None, ""
    for name in MOMENTS:
        setattr(row, name, getattr(place, name))
    row.save()
    return row
