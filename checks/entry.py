"""Saving a value. Nothing is overwritten unseen, nothing is kept twice, and nothing is kept that cannot be.

Saving, reviewing and closing all lock the row of their session first, so that they happen one after another.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from checks.cells import MEASUREMENTS, Cell, Seat, kinds_of, values_of
from checks.growth import z_score
from checks.kinds import OF_THE_CHILD, QUANTITIES, CheckKind, Quantity
from checks.limits import Limits, judge, readings_asked
from checks.models import Limit, Mark, Measurement
from checks.reading import Values
from groups.models import Enrolment
from practices.models import Membership
from practices.own_sql import Columns, fetch, statement
from sessions.evening import why_not_running
from sessions.leads import RunBy
from sessions.models import Attendance, GroupSession, GroupSessionQuerySet


class NotSaved(Exception):
    """The value was not taken; `words` say why to who typed it."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(words)
        self.words = str(words)


class Refused(NotSaved):
    """It cannot be taken as it is."""


class AskAgain(NotSaved):
    """It is unlikely, and is taken when it comes again with `confirmed`."""


class AskWhose(AskAgain):
    """It was typed on the page of somebody else, and is taken when `by` says that it is hers."""

    def __init__(self, words: str | Promise, by: int) -> None:
        super().__init__(words)
        self.by = by


class Overtaken(NotSaved):
    """Somebody else changed the cell since the page showed it. `standing` is there now; None when nothing is."""

    def __init__(self, words: str | Promise, standing: Measurement | None) -> None:
        super().__init__(words)
        self.standing = standing


LIMIT = Columns(Limit)
# The newest of each quantity comes last, and stays.
LIMITS = statement(
    """
    SELECT {begun} FROM checks_limit begun
    WHERE practice_id = %(practice)s AND valid_from <= %(day)s AND quantity = ANY(%(quantities)s)
    ORDER BY valid_from
    """,
    begun=LIMIT.of("begun"),
)


def limits_of(session: GroupSession, kind: CheckKind | None = None) -> Limits:
    """The limits that the practice had set on the day of the session: those of this kind, or of all."""
    quantities = [str(quantity) for quantity in (QUANTITIES[kind] if kind else Quantity)]
    rows = fetch(LIMITS, {"practice": session.practice_id, "day": session.day, "quantities": quantities})
    return {limit.quantity: limit for limit in map(LIMIT.instance, rows)}


def locked(sessions: GroupSessionQuerySet) -> GroupSessionQuerySet:
    """The same sessions, each locked until the end of the transaction."""
    return sessions.select_for_update(of=("self",), no_key=True)


SESSIONS = Columns(GroupSession, "id", "practice", "group", "starts_at", "cancelled_at", "closed_at")
SESSION = statement(
    """
    SELECT {session} FROM group_sessions_groupsession session
    WHERE session.id = %s AND session.practice_id = %s AND {run_by}
    FOR NO KEY UPDATE OF session
    """,
    session=SESSIONS.of("session"),
    run_by=sql.SQL(RunBy.template % {"session": "session.id", "group": "session.group_id"}),
)


def held_by(membership: Membership, pk: int) -> GroupSession | None:
    """The session as it is now, locked until the end of the transaction; None for who does not run its evening.

    As `locked(GroupSession.objects.editable_by(membership))`, with what a value that is saved asks of it.
    """
    asked = [pk, membership.practice_id, *RunBy(membership).params]
    return next((SESSIONS.instance(row) for row in fetch(SESSION, asked)), None)


def held(session: GroupSession) -> GroupSession:
    """This session as it is now, locked until the end of the transaction, with its group."""
    sessions = GroupSession.objects.filter(practice_id=session.practice_id).select_related("group")
    return locked(sessions).get(pk=session.pk)


def write(
    cell: Cell,
    values: Values,
    *,
    limits: Limits,
    reading: int,
    by: Membership | None,
    taken_by: Membership | None,
    seen: int | None,
    key: UUID | None,
    confirmed: bool,
    now: datetime,
) -> Measurement:
    """Keep one reading in a cell of a session that the caller has fetched through `locked`; the cell's rows follow.

    `taken_by` and `by` (who typed) are empty for the participant herself. `seen` is the row that the page showed in
    this cell, `key` the page's own name for this save: the same save sent twice is one. `confirmed` takes a value that
    was asked about. Raises NotSaved: Refused, AskAgain or Overtaken.
    """
    standing = cell.readings.get(reading)
    if standing and values_of(standing) == values and standing.taken_by_id == (taken_by.pk if taken_by else None):
        return standing
    # Named with its cell, so that a key sent for two cells by mistake is two saves.
    key = uuid5(key, f"{cell.seat.code} {cell.kind} {reading}") if key else uuid4()
    own = next((row for row in cell.rows if row.save_key == key), None)
    _refuse_unseen(standing, seen=seen, own=own, values=values)
    refuse_dead(cell.session, cell.seat, now=now)
    return put(
        cell,
        values,
        mark=_mark(cell, values, limits=limits, reading=reading, confirmed=confirmed),
        reading=reading,
        by=by,
        taken_by=taken_by,
        now=now,
        save_key=uuid4() if own else key,
    )


def _mark(cell: Cell, values: Values, *, limits: Limits, reading: int, confirmed: bool) -> Mark:
    """The mark of a reading that may be taken. Raises Refused, or AskAgain where it is not `confirmed`."""
    if cell.kind not in kinds_of(cell.session) or (cell.kind in OF_THE_CHILD) != (cell.seat.child is not None):
        raise Refused(_("This is not measured in this group."))
    if reading > readings_asked(cell.kind, cell.judged, limits=limits):
        raise Refused(_("Another reading is asked only after one outside the limits."))
    verdict = judge(cell.kind, values, limits=limits, last=cell.last, z=score(cell, values))
    if verdict.refusal:
        raise Refused(verdict.refusal)
    if verdict.question and not confirmed:
        raise AskAgain(verdict.question)
    return verdict.mark


def put(
    cell: Cell,
    values: Values,
    *,
    mark: Mark,
    reading: int,
    by: Membership | None,
    taken_by: Membership | None,
    now: datetime,
    **more: Any,
) -> Measurement:
    """Let this reading stand in its cell; what stood there is set aside and stays. `more` is said of the new row."""
    standing = cell.readings.get(reading)
    if standing:
        _set_aside(standing, by=by, now=now)
    row = Measurement(
        practice_id=cell.session.practice_id,
        session=cell.session,
        enrolment=cell.seat.enrolment,
        child=cell.seat.child,
        kind=cell.kind,
        reading=reading,
        value=values.first,
        second_value=values.second,
        mark=mark,
        taken_by=taken_by,
        entered_by=by,
        entered_at=now,
        replaces=standing,
        **more,
    )
    MEASUREMENTS.insert(row)
    cell.rows.append(row)
    return row


def take_away(cell: Cell, *, reading: int, by: Membership | None, seen: int | None, now: datetime) -> None:
    """Empty a cell of a locked session: the reading stays in the history, and waits for review if it was marked."""
    standing = cell.readings.get(reading)
    if standing is None:
        return
    _refuse_unseen(standing, seen=seen, own=None, values=None)
    refuse_dead(cell.session, cell.seat, now=now)
    if reading < max(cell.readings):
        raise Refused(_("Take away the later reading first."))
    _set_aside(standing, by=by, now=now)


def confirm(cell: Cell, *, reading: int, by: Membership, seen: int | None, now: datetime) -> None:
    """Put a name on a reading of a locked session that the participant typed herself. Twice is once."""
    standing = cell.readings.get(reading)
    if standing is None:
        raise Overtaken(_("Somebody changed this value in the meantime."), None)
    _refuse_unseen(standing, seen=seen, own=None, values=None)
    refuse_dead(cell.session, cell.seat, now=now)
    standing.confirm(by=by, now=now)


def refuse_dead(session: GroupSession, seat: Seat, *, now: datetime) -> None:
    """Raise Refused where no value may be entered: not on this evening, or not for this seat."""
    if words := why_not_running(session, now=now):
        raise Refused(words)
    if seat.enrolment.state != Enrolment.State.ENROLLED:
        raise Refused(_("%(name)s has left this group.") % {"name": seat.participant.given_name})


def shares_self_measured(sessions: Collection[GroupSession]) -> dict[int, tuple[int, int]]:
    """(people with a value that they measured themselves, people who came), both among those who came.

    Of each session that somebody came to, by the session's key, in one query.
    """
    own = Measurement.objects.standing().filter(
        session=OuterRef("session"), enrolment=OuterRef("enrolment"), taken_by=None
    )
    came = Attendance.objects.filter(session__in=sessions).who_came().annotate(themselves=Exists(own))
    shares: dict[int, tuple[int, int]] = {}
    for session, themselves in came.values_list("session", "themselves"):
        measured, present = shares.get(session, (0, 0))
        shares[session] = measured + themselves, present + 1
    return shares


def score(cell: Cell, values: Values) -> Decimal | None:
    """How far from WHO's table; None where a baby's sex is not known, and where it is no baby."""
    child = cell.seat.child
    return z_score(cell.kind, values.first, child=child, day=cell.session.day) if child else None


def _refuse_unseen(
    standing: Measurement | None, *, seen: int | None, own: Measurement | None, values: Values | None
) -> None:
    """Raise Overtaken when the cell holds something that the page had not shown to who typed."""
    if own is not None and own is not standing and own.replaced_at is not None and values_of(own) == values:
        # A save that was sent again after its answer was lost, and somebody changed the cell in between.
        raise Overtaken(_("Somebody changed this value in the meantime."), standing)
    if standing is None and seen is not None and own is None and values is not None:
        raise Overtaken(_("Somebody took this value away in the meantime."), None)
    if standing is not None and standing.pk != seen and standing is not own:
        who = standing.entered_by.user.name if standing.entered_by else standing.enrolment.participant.given_name
        raise Overtaken(_("%(name)s typed another value here.") % {"name": who}, standing)


SET_ASIDE = "UPDATE checks_measurement SET replaced_at = %s, replaced_by_id = %s WHERE id = %s RETURNING id"


def _set_aside(row: Measurement, *, by: Membership | None, now: datetime) -> None:
    row.replaced_at, row.replaced_by = now, by
    fetch(SET_ASIDE, [now, by.pk if by else None, row.pk])
