"""The ledger is derived: after a change below, the difference with what should be waiting is written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from groups.events import people_changed
from groups.models import CareGroup, Enrolment
from participants.events import contact_wishes_changed
from participants.models import Participant
from practices.models import Membership
from reminders.expected import ALL_DATES, Place, Wanted, as_told, cancellations, expected, may_be_told, told_of_moves
from reminders.hours import day_of
from reminders.models import Channel, Occasion, Reminder
from sessions.events import Consequence, consequences, sessions_changed
from sessions.models import Answer, GroupSession

NEWS = (*ALL_DATES, Occasion.MOVED, Occasion.CANCELLED)
CHANGED_BY_DERIVING = ["occasion", "session", "due_at", "speaks_of", "cancelled_at", "claimed_at"]


def derive(enrolments: Iterable[Enrolment], now: datetime) -> None:
    """Bring the ledger of these places up to date: write what is missing, shift what moved, withdraw what is over.

    Doing it twice is doing it once. The number of queries does not depend on the number of places.
    """
    pks = [enrolment.pk for enrolment in enrolments]
    if not pks:
        return
    with transaction.atomic():
        book = Book.opened(pks, lock=True)
        changes = _Changes()
        for place in book.places:
            wanted = expected(book.with_busy_days(place), now=now)
            book.wanted[place.enrolment.pk] = wanted
            changes.compare(place, wanted, now)
        changes.write(now)


def wish_for(reminder: Reminder, *, now: datetime) -> tuple[Place, Wanted | None]:
    """The place that a waiting message is for, and what it should be at this moment; None when it is over."""
    book = Book.opened([reminder.enrolment_id], lock=True)
    place = book.with_busy_days(book.places[0])
    return place, next((each for each in expected(place, now=now) if each.key == reminder.key), None)


def send_again(reminder: Reminder, *, now: datetime) -> bool:
    """Let a message that failed, or may not have arrived, leave now. False when nobody needs it any more."""
    with transaction.atomic():
        if not reminder.send_again(now=now):
            return False
        derive([reminder.enrolment], now)
        reminder.refresh_from_db()
        return reminder.is_waiting


def needing_attention(membership: Membership, now: datetime) -> list[Reminder]:
    """Messages that failed or of which nobody knows, as far as they still matter; the newest first."""
    rows = Reminder.objects.visible_to(membership).needing_attention(now)
    return list(rows.select_related("enrolment__participant", "enrolment__group", "session").order_by("-sending_at"))


@dataclass
class Book:
    """The ledger of some places with the facts that it is derived from, read in a few queries."""

    places: list[Place]
    # Every live message of these people, those of other groups included.
    rows: list[Reminder]
    # What was found for the places looked at so far, by enrolment.
    wanted: dict[int, list[Wanted]] = field(default_factory=dict)

    @classmethod
    def opened(cls, pks: list[int], *, lock: bool = False, sessions: Iterable[GroupSession] | None = None) -> Book:
        """Read the places; `sessions` are taken instead of those that the database has."""
        if lock:
            # One change at a time, and none while a message of the place begins to leave: delivery locks the same row.
            list(Enrolment.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True).values_list("pk"))
        related = ("participant", "group", "practice")
        told_elsewhere = Reminder.objects.filter(enrolment__goes_on_in=OuterRef("pk"), sending_at__isnull=False)
        places = Enrolment.objects.filter(pk__in=pks).annotate(knows_others=Exists(told_elsewhere))
        enrolments = list(places.select_related(*related).order_by("pk"))
        groups = {enrolment.group_id for enrolment in enrolments}
        if sessions is None:
            sessions = GroupSession.objects.filter(group__in=groups).select_related("room").order_by("starts_at", "pk")
        people = {enrolment.participant_id for enrolment in enrolments}
        rows = list(Reminder.objects.filter(enrolment__participant__in=people).select_related("enrolment"))
        refused = Answer.objects.standing().filter(enrolment__in=pks, is_coming=False)
        return cls(_places(enrolments, sessions, rows, refused.values_list("enrolment_id", "session_id")), rows)

    def with_busy_days(self, place: Place) -> Place:
        """The place, knowing on which days the same person gets messages about other groups."""
        own = place.enrolment
        others = [
            row
            for row in self.rows
            if row.enrolment.participant_id == own.participant_id and row.enrolment_id != own.pk
        ]
        here = {each.enrolment.pk for each in self.places if each.enrolment.participant_id == own.participant_id}
        moments = [row.sending_at for row in others if row.sending_at]
        # Of a place in this book counts what was found for it now, not what waited before.
        moments += [row.due_at for row in others if row.is_waiting and row.enrolment_id not in here]
        moments += [wanted.due_at for pk in here for wanted in self.wanted.get(pk, [])]
        return replace(place, busy={day_of(own.practice, moment) for moment in moments})


@dataclass
class _Changes:
    """What must be written to make the ledger what is expected."""

    new: list[Reminder] = field(default_factory=list)
    changed: list[Reminder] = field(default_factory=list)
    over: list[int] = field(default_factory=list)

    def compare(self, place: Place, wanted: list[Wanted], now: datetime) -> None:
        rows = {row.key: row for row in place.rows}
        for each in wanted:
            row = rows.get(each.key)
            if row is None:
                self.new.append(_new_row(place.enrolment, each, now))
            elif apply(each, row):
                self.changed.append(row)
        keys = {each.key for each in wanted}
        self.over += [row.pk for row in place.rows if row.is_waiting and row.key not in keys]

    def write(self, now: datetime) -> None:
        if self.new:
            Reminder.objects.bulk_create(self.new)
        if self.changed:
            Reminder.objects.bulk_update(self.changed, CHANGED_BY_DERIVING)
        if self.over:
            Reminder.objects.waiting().filter(pk__in=self.over).update(cancelled_at=now)


def apply(wanted: Wanted, row: Reminder) -> bool:
    """Make the unsent row what is wanted; whether that changed anything. A withdrawn row waits again."""
    before = (row.occasion, row.session_id, row.due_at, row.speaks_of, row.cancelled_at)
    row.occasion, row.session, row.due_at = wanted.occasion, wanted.session, wanted.due_at
    row.speaks_of = wanted.speaks_of
    if row.cancelled_at:
        row.cancelled_at = row.claimed_at = None
    return before != (row.occasion, row.session_id, row.due_at, row.speaks_of, row.cancelled_at)


def consider(
    group: CareGroup, changes: Mapping[GroupSession, datetime | None], joining: Sequence[Enrolment], now: datetime
) -> list[Consequence]:
    """Who would be told what, when, by which channel, if the sessions of this group changed in this way.

    And if these places of another group went on in this one; where they do, nobody else is told anything.
    """
    proposed = {session.pk: _as_if(session, start, now) for session, start in changes.items()}
    sessions = [proposed.pop(session.pk, session) for session in group.sessions.order_by("starts_at", "pk")]
    # What is left is to be planned.
    sessions += proposed.values()
    book = Book.opened([enrolment.pk for enrolment in group.enrolments.hearing()], sessions=sessions)
    found = []
    for place in list(_as_if_joined(joining, sessions, now)) or book.places:
        person = place.enrolment.participant
        if may_be_told(place.enrolment):
            found += [_consequence(person, each) for each in expected(place, now=now) if each.occasion in NEWS]
        elif person.may_be_contacted:
            found.append(
                Consequence(
                    person=person,
                    occasion_label=_("session changed"),
                    channel_label=_("not by e-mail: tell her yourself"),
                    at=now,
                )
            )
    return found


def count_as_sent(enrolments: Iterable[Enrolment], *, until: datetime) -> None:
    """Note as sent, at the moment it was due, what was due before `until`: somebody else told it, or a demo did."""
    with transaction.atomic():
        book = Book.opened([enrolment.pk for enrolment in enrolments], lock=True)
        # Many say the same: what is told of one session, or of one series at one moment, is written once for all.
        saying: dict[str, list[int]] = defaultdict(list)
        for place in book.places:
            for row in place.rows:
                if row.is_waiting and row.due_at < until:
                    saying[json.dumps(told_by(row, place, now=row.due_at))].append(row.pk)
        due_at = F("due_at")
        for told_, pks in saying.items():
            rows = Reminder.objects.filter(pk__in=pks)
            rows.update(claimed_at=due_at, sending_at=due_at, sent_at=due_at, told=json.loads(told_))


def told_by(row: Reminder, place: Place, *, now: datetime) -> dict[str, Any]:
    """What this message says of which session when it leaves now, as Reminder.told keeps it."""
    if row.occasion in ALL_DATES:
        sessions = [session for session in place.sessions if session.starts_at > now]
    elif row.occasion == Occasion.MOVED:
        sessions = told_of_moves(place, now=now)
    elif row.occasion == Occasion.CANCELLED:
        sessions = cancellations(place, now=now)
    else:
        sessions = [session for session in place.sessions if session.pk == row.session_id]
    return {str(session.pk): as_told(session) for session in sessions}


@receiver(people_changed, dispatch_uid="messages follow people")
def follow_people(sender: object, *, enrolments: list[Enrolment], now: datetime, **kwargs: Any) -> None:
    derive(enrolments, now)


@receiver(sessions_changed, dispatch_uid="messages follow sessions")
def follow_sessions(sender: object, *, group: CareGroup, now: datetime, **kwargs: Any) -> None:
    derive(group.enrolments.hearing(), now)


@receiver(contact_wishes_changed, dispatch_uid="messages follow contact wishes")
def follow_contact_wishes(sender: object, *, participant: Participant, now: datetime, **kwargs: Any) -> None:
    derive(participant.enrolments.hearing(), now)


@receiver(consequences, dispatch_uid="messages that would follow")
def foresee(
    sender: object,
    *,
    group: CareGroup,
    changes: Mapping[GroupSession, datetime | None],
    joining: Sequence[Enrolment] = (),
    now: datetime,
    **kwargs: Any,
) -> list[Consequence]:
    return consider(group, changes, joining, now)


def _places(
    enrolments: Iterable[Any],
    sessions: Iterable[GroupSession],
    rows: Iterable[Reminder],
    declined: Iterable[tuple[int, int]],
) -> list[Place]:
    sessions_of: dict[int, list[GroupSession]] = defaultdict(list)
    rows_of: dict[int, list[Reminder]] = defaultdict(list)
    declined_of: dict[int, set[int]] = defaultdict(set)
    for session in sessions:
        sessions_of[session.group_id].append(session)
    for row in rows:
        rows_of[row.enrolment_id].append(row)
    for enrolment, session_pk in declined:
        declined_of[enrolment].add(session_pk)
    return [
        Place(
            enrolment=enrolment,
            sessions=sessions_of[enrolment.group_id],
            rows=rows_of[enrolment.pk],
            declined=declined_of[enrolment.pk],
            knows_others=enrolment.knows_others,
        )
        for enrolment in enrolments
    ]


def _new_row(enrolment: Enrolment, wanted: Wanted, now: datetime) -> Reminder:
    return Reminder(
        practice_id=enrolment.practice_id,
        enrolment=enrolment,
        session=wanted.session,
        occasion=wanted.occasion,
        channel=Channel.EMAIL,
        key=wanted.key,
        due_at=wanted.due_at,
        speaks_of=wanted.speaks_of,
        created_at=now,
    )


def _as_if(session: GroupSession, start: datetime | None, now: datetime) -> GroupSession:
    """The session as it would be after the change; the one that was given stays as it is."""
    proposed = copy(session)
    if start is None:
        proposed.cancelled_at = now
    else:
        proposed.starts_at, proposed.cancelled_at = start, None
    return proposed


def _as_if_joined(joining: Sequence[Enrolment], sessions: Sequence[GroupSession], now: datetime) -> Iterator[Place]:
    """The places that these would go on in, among these sessions."""
    pks = [enrolment.pk for enrolment in joining]
    told_others = set(
        Reminder.objects.filter(enrolment__in=pks, sending_at__isnull=False).values_list("enrolment", flat=True)
    )
    for enrolment in joining:
        going_on = copy(enrolment)
        going_on.state, going_on.enrolled_at = Enrolment.State.ENROLLED, now
        yield Place(enrolment=going_on, sessions=sessions, knows_others=enrolment.pk in told_others)


def _consequence(person: Participant, wanted: Wanted) -> Consequence:
    return Consequence(
        person=person, occasion_label=wanted.occasion.label, channel_label=Channel.EMAIL.label, at=wanted.due_at
    )
