"""What a participant types on the tablet that goes round, into the cells of her own seat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from checks.cells import Cell, Seat, load_cell, values_of
from checks.entry import AskAgain, NotSaved, Overtaken, Refused, limits_of, write
from checks.kinds import CheckKind
from checks.limits import Limits, readings_asked
from checks.models import Mark, Measurement
from checks.reading import UNITS, Unreadable, Values, read, written
from sessions.models import GroupSession


@dataclass(frozen=True)
class Entry:
    """What she sent of one kind: what she typed, and what the page knew."""

    kind: CheckKind
    typed: tuple[str, ...]
    # The newest reading that stood there when the page was drawn.
    seen: int | None
    key: UUID | None
    confirmed: str


@dataclass(frozen=True)
class Outcome:
    """What became of it: kept, or not with the reason; `again` when another reading is asked now."""

    is_shown_to_somebody: bool = False
    again: bool = False
    why: NotSaved | None = None
    # What stands in for "yes", where she was asked.
    confirm: str = ""


def enter(session: GroupSession, seat: Seat, entry: Entry, *, now: datetime) -> Outcome:
    """Keep what she typed for one kind of her own values, in a session that the caller holds through `locked`."""
    cell, limits = load_cell(session, seat, entry.kind), limits_of(session, entry.kind)
    confirm = ""
    try:
        values = read(entry.kind, *entry.typed)
        confirm = written(entry.kind, values)
        row = _write(cell, values, entry, limits=limits, confirmed=entry.confirmed == confirm, now=now)
    except Unreadable as unreadable:
        return Outcome(why=Refused(unreadable.words))
    except AskAgain:
        # The practice's own question names her last value, or a rule: neither is for a tablet that goes round.
        shown = f"{confirm} {UNITS[entry.kind].name}"
        return Outcome(why=AskAgain(_("%(value)s, is that right? Look once more.") % {"value": shown}), confirm=confirm)
    except NotSaved as why:
        return Outcome(why=why)
    asked = readings_asked(entry.kind, cell.judged, limits=limits)
    return Outcome(is_shown_to_somebody=row.mark != Mark.NONE, again=asked > max(cell.readings))


def newest_of(cell: Cell) -> Measurement | None:
    """The reading of this cell that was asked for last, among those that stand."""
    return cell.readings[max(cell.readings)] if cell.readings else None


def _write(cell: Cell, values: Values, entry: Entry, *, limits: Limits, confirmed: bool, now: datetime) -> Measurement:
    """Into which reading it goes is for the cell to say: the page must not show that one was outside the limits."""
    newest = newest_of(cell)
    reading, seen = (newest.reading, newest.pk) if newest else (1, None)
    if sent := _sent_before(cell, entry.key):
        reading, seen = sent.reading, sent.pk
    elif seen != entry.seen:
        raise Overtaken(_("Somebody typed a value here in the meantime. Save again if yours is the right one."), newest)
    elif newest and newest.reading < readings_asked(cell.kind, cell.judged, limits=limits):
        reading, seen = newest.reading + 1, None
    standing = cell.readings.get(reading)
    if standing and (standing.entered_by_id or standing.confirmed_at) and values_of(standing) != values:
        raise Refused(_("This is filled in already. Tell the facilitator if it must change."))
    return write(
        cell,
        values,
        limits=limits,
        reading=reading,
        by=None,
        taken_by=None,
        seen=seen,
        key=entry.key,
        confirmed=confirmed,
        now=now,
    )


def _sent_before(cell: Cell, key: UUID | None) -> Measurement | None:
    """What the same save made when it came in before, whichever reading it was."""
    names = {uuid5(key, f"{cell.seat.code} {cell.kind} {reading}") for reading in (1, 2, 3)} if key else set()
    return next((row for row in cell.rows if row.save_key in names), None)
