"""The ledger of a group as people read it: what needs them, what is to come, what went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import Enrolment
from participants.models import Participant
from reminders.expected import may_be_told
from reminders.models import Reminder
from sessions.models import GroupSession

TONES = {
    Reminder.State.WAITING: ("clock", ""),
    Reminder.State.SENDING: ("move", "info"),
    Reminder.State.SENT: ("check", "good"),
    Reminder.State.FAILED: ("alert", "bad"),
    Reminder.State.UNKNOWN: ("attention", "warn"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """Messages on one occasion, about one session, at one moment and in one state: to several people."""

    occasion: str
    session: GroupSession | None
    at: datetime
    state: Reminder.State
    people: list[Participant]

    @property
    def names(self) -> str:
        """Everybody by first name, or one person by her whole name."""
        if len(self.people) == 1:
            return self.people[0].full_name
        return ", ".join(person.given_name for person in self.people)

    @property
    def icon(self) -> str:
        return TONES[self.state][0]

    @property
    def tone(self) -> str:
        return TONES[self.state][1]


@dataclass(frozen=True, kw_only=True)
class Board:
    stuck: list[Reminder]
    # People of the group who get no e-mail, with why.
    unreached: list[tuple[Participant, str | Promise]]
    waiting: list[Line]
    gone: list[Line]
    people: list[Participant]


def board_of(messages: QuerySet[Reminder], places: QuerySet[Enrolment], *, now: datetime) -> Board:
    """Sort these messages of a group by what they ask of the reader. Three queries."""
    related = ("enrolment__participant", "session")
    live = list(messages.filter(cancelled_at=None).select_related(*related))
    stuck_keys = set(Reminder.objects.needing_attention(now).filter(pk__in=messages).values_list("pk", flat=True))
    enrolled = [place for place in places.select_related("participant") if place.state == Enrolment.State.ENROLLED]
    waiting = [row for row in live if row.is_waiting]
    gone = [row for row in live if not row.is_waiting and row.pk not in stuck_keys]
    people = {row.enrolment.participant for row in live} | {place.participant for place in enrolled}
    return Board(
        stuck=[row for row in live if row.pk in stuck_keys],
        unreached=[(place.participant, why_not(place.participant)) for place in enrolled if not may_be_told(place)],
        waiting=lines(waiting, now=now),
        gone=list(reversed(lines(gone, now=now))),
        people=sorted(people, key=lambda person: (person.sort_key, person.pk)),
    )


def lines(rows: Iterable[Reminder], *, now: datetime) -> list[Line]:
    """The rows put together to the minute, the earliest first."""
    together: dict[tuple[datetime, str, int, str], list[Reminder]] = {}
    for row in rows:
        at = (row.sending_at or row.due_at).replace(second=0, microsecond=0)
        together.setdefault((at, row.occasion, row.session_id or 0, row.state(now)), []).append(row)
    return [
        Line(
            occasion=same[0].get_occasion_display(),
            session=same[0].session,
            at=at,
            state=same[0].state(now),
            people=sorted({row.enrolment.participant for row in same}, key=lambda person: (person.sort_key, person.pk)),
        )
        for (at, *_rest), same in sorted(together.items(), key=lambda item: item[0])
    ]


def why_not(person: Participant) -> str | Promise:
    """Why nothing is sent to this person."""
    if not person.may_be_contacted:
        return _("messages were stopped")
    if not person.email:
        return _("no e-mail address")
    return _("wants no e-mails")
