"""Who leads the sessions of a group: a substitute for one of them, or somebody else from one of them on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q, QuerySet

from groups.leading import Lead
from groups.models import Facilitation
from practices.models import Membership
from sessions.clashes import Clash, Clashes, but_for_absences, find_clashes, slot, told_as_clashes
from sessions.models import GroupSession, SessionLead
from sessions.moving import CannotChange, Fixed
from sessions.planning import lead_of


class Overtaken(Exception):
    """Somebody else changed who leads since the page was shown."""


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One part in a session and who takes it; `lead` is None where it is free. `place` counts those of one role."""

    role: Facilitation.Role
    place: int
    lead: SessionLead | None

    @property
    def name(self) -> str:
        return f"{self.role.value}-{self.place}" if self.place else self.role.value

    @property
    def usual(self) -> Membership | None:
        """Who sits there as a rule, also when somebody stands in for her."""
        return (self.lead.stands_in_for or self.lead.membership) if self.lead else None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A seat and who takes it now, or nobody."""

    seat: Seat
    member: Membership | None


@dataclass(frozen=True, kw_only=True)
class Swap:
    """One part in one session: who gives it up, who takes it, and for whom she stands in."""

    session: GroupSession
    role: Facilitation.Role
    lead: SessionLead | None
    member: Membership | None
    stands_in_for: Membership | None = None

    @property
    def is_handed_over(self) -> bool:
        return self.lead is None or self.lead.membership != self.member

    def give_up(self, now: datetime) -> None:
        if self.lead and self.is_handed_over:
            self.lead.cancelled_at = now
            self.lead.save(update_fields=["cancelled_at"])

    def take_over(self) -> None:
        if self.member and self.is_handed_over:
            new = lead_of(self.session, self.member, self.role)
            new.stands_in_for = self.stands_in_for
            new.save()
        elif self.lead and not self.is_handed_over:
            self.lead.stands_in_for = self.stands_in_for
            self.lead.save(update_fields=["stands_in_for"])


def seats_of(session: GroupSession) -> list[Seat]:
    """The parts in this session: those that are taken, and a free one a role; a co-facilitator may bring a guest."""
    leads = list(_standing([session]))
    seats = []
    for role in Facilitation.Role:
        taken: list[SessionLead | None] = [lead for lead in leads if lead.role == role]
        if not taken or role is Facilitation.Role.CO:
            taken.append(None)
        seats += [Seat(role=role, place=place, lead=lead) for place, lead in enumerate(taken)]
    return seats


def leads_after(seats: Collection[Seat], changes: Collection[Change]) -> list[Lead]:
    """Who would lead, once these changes are made."""
    changed = {change.seat: change.member for change in changes}
    now_there = [(seat, changed.get(seat, seat.lead.membership if seat.lead else None)) for seat in seats]
    return [(seat.role, member) for seat, member in now_there if member]


def later_than(session: GroupSession) -> list[GroupSession]:
    """The sessions after this one in which somebody else may take over."""
    later = GroupSession.objects.standing().filter(group=session.group_id, starts_at__gt=session.starts_at)
    return list(later.filter(closed_at=None).select_related("room").order_by("starts_at", "pk"))


def why_fixed(session: GroupSession) -> Fixed | None:
    """Who leads may change as long as the evening lasts: somebody may fall ill at the door."""
    if session.is_cancelled:
        return Fixed.CANCELLED
    return Fixed.CLOSED if session.is_closed else None


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """These changes in this session, and for good where `following` are the later ones that change along."""

    session: GroupSession
    changes: Sequence[Change]
    following: Sequence[GroupSession] = ()
    for_good: bool = False

    @cached_property
    def swaps(self) -> list[Swap]:
        """What changes where, in order of time."""
        leads: dict[int, list[SessionLead]] = defaultdict(list)
        for lead in _standing(self.following):
            leads[lead.session_id].append(lead)
        swaps = [self._here(change) for change in self.changes]
        for session in self.following:
            for change in self.changes:
                swaps += _later(session, change, leads[session.pk])
        return swaps

    def _here(self, change: Change) -> Swap:
        usual = change.seat.usual
        is_substitute = usual is not None and change.member not in (None, usual) and not self.for_good
        return Swap(
            session=self.session,
            role=change.seat.role,
            lead=change.seat.lead,
            member=change.member,
            stands_in_for=usual if is_substitute else None,
        )

    def clashes(self) -> dict[int, list[Clash]]:
        """What else those who take over do at the time, by the number of the session."""
        taken_over: dict[Membership, list[Swap]] = defaultdict(list)
        for swap in self.swaps:
            if swap.member and swap.is_handed_over:
                taken_over[swap.member].append(swap)
        given_up = {swap.lead.pk for swap in self.swaps if swap.lead and swap.is_handed_over}
        found: dict[int, list[Clash]] = defaultdict(list)
        for member, swaps in taken_over.items():
            sessions = [swap.session for swap in swaps]
            # Whoever only changes her part in a session does not stand in her own way there.
            own = SessionLead.objects.standing().filter(session__in=sessions, membership=member)
            stays = set(own.exclude(pk__in=given_up).values_list("session", flat=True))
            clashes = find_clashes(
                self.session.practice,
                [slot(each.number, each.starts_at, each.ends_at, each.room) for each in sessions],
                room=None,
                people=[member],
                except_for=[each for each in sessions if each.pk not in stays],
            )
            for number, those in clashes.items():
                found[number] += those
        return dict(found)

    def bars(self, found: Mapping[int, list[Clash]]) -> dict[int, list[Clash]]:
        """What keeps them from taking over. Who does so for good may be away at a later session: that is only told."""
        here = self.session.number
        return {**but_for_absences(found), **({here: found[here]} if here in found else {})}

    def carry_out(self, *, seen: Collection[int], now: datetime) -> None:
        """Let them take over, in all of these sessions or in none.

        `seen` are the keys of the leads that stood on the page. Raises Overtaken, moving.CannotChange or
        clashes.Clashes.
        """
        found = self.bars(self.clashes())
        if found:
            raise Clashes(found)
        with told_as_clashes(self.clashes):
            self._lock(seen)
            # All give up before anybody takes over: two may change places.
            for swap in self.swaps:
                swap.give_up(now)
            for swap in self.swaps:
                swap.take_over()
            if self.for_good:
                for change in self.changes:
                    _hand_over(self.session, change)

    def _lock(self, seen: Collection[int]) -> None:
        """Whoever closes a session or changes its leads waits here."""
        keys = {swap.session.pk for swap in self.swaps} | {self.session.pk}
        rows = GroupSession.objects.select_for_update(of=("self",), no_key=True).select_related("group")
        for row in rows.filter(pk__in=keys).order_by("starts_at", "pk"):
            why = why_fixed(row)
            if why:
                raise CannotChange(row, why)
        if set(self.session.leads.standing().values_list("pk", flat=True)) != set(seen):
            raise Overtaken


def _standing(sessions: Collection[GroupSession]) -> QuerySet[SessionLead]:
    leads = SessionLead.objects.standing().filter(session__in=[session.pk for session in sessions])
    return leads.select_related("membership__user", "stands_in_for__user").order_by("pk")


def _later(session: GroupSession, change: Change, leads: Sequence[SessionLead]) -> Iterator[Swap]:
    """What a change for good means in a later session, where these lead now."""
    role, usual, member = change.seat.role, change.seat.usual, change.member
    if usual is None:
        is_wanted = session.with_doctor if role is Facilitation.Role.DOCTOR else True
        is_free = change.seat.place > 0 or all(lead.role != role for lead in leads)
        if is_wanted and is_free and all(lead.membership != member for lead in leads):
            yield Swap(session=session, role=role, lead=None, member=member)
        return
    for lead in leads:
        if lead.role != role or lead.usual_id != usual.pk:
            continue
        if lead.membership in (usual, member):
            yield Swap(session=session, role=role, lead=lead, member=member)
        elif member:
            # Somebody stands in that evening, from now on for who takes over.
            yield Swap(session=session, role=role, lead=lead, member=lead.membership, stands_in_for=member)


def _hand_over(session: GroupSession, change: Change) -> None:
    """Keep with the group who is meant to lead it from this day on, and until when the other was."""
    day, ends_on = session.day, None
    rows = session.group.facilitations.filter(role=change.seat.role, membership=change.seat.usual)
    old = rows.filter(Q(ends_on=None) | Q(ends_on__gt=day)).order_by("starts_on").first()
    if old and change.member and old.starts_on >= day:
        # She would not have led a single day; the history tells that she was to.
        old.membership = change.member
        old.save(update_fields=["membership"])
        return
    if old:
        ends_on, old.ends_on = old.ends_on, max(day, old.starts_on + timedelta(days=1))
        old.save(update_fields=["ends_on"])
    if change.member:
        Facilitation.objects.create(
            practice_id=session.practice_id,
            group=session.group,
            membership=change.member,
            role=change.seat.role,
            starts_on=day,
            ends_on=ends_on,
        )
