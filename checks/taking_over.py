"""The tick "taken over" beside a block: who copied it into the health record, and when."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from checks.blocks import Block, blocks_of
from checks.entry import Refused, locked
from checks.models import TakenOver
from practices.models import Membership
from sessions.models import GroupSession


def take_over(session: GroupSession, seat: str, *, fingerprint: str, by: Membership, now: datetime) -> TakenOver:
    """Tick the block of this seat as it was copied; twice is once. Raises Refused when it says something else now."""
    with transaction.atomic():
        block = _block(session, seat)
        if block.fingerprint != fingerprint:
            raise Refused(
                _("%(name)s: this block changed while it was shown. Copy it again.") % {"name": block.seat.name}
            )
        if block.is_taken_over and block.taken:
            return block.taken
        _set_aside(block, by=by, now=now)
        return TakenOver.objects.create(
            practice_id=session.practice_id,
            session=session,
            enrolment=block.seat.enrolment,
            child=block.seat.child,
            fingerprint=fingerprint,
            taken_over_by=by,
            taken_over_at=now,
        )


def undo(session: GroupSession, seat: str, *, by: Membership, now: datetime) -> None:
    """Take the tick back: the row stays, with who did so and when."""
    with transaction.atomic():
        _set_aside(_block(session, seat), by=by, now=now)


def _block(session: GroupSession, seat: str) -> Block:
    # The session's row is held, as by a save of a value: what is ticked is what stands.
    session = locked(GroupSession.objects.filter(practice_id=session.practice_id)).get(pk=session.pk)
    found = next((block for block in blocks_of(session).shown if block.seat.code == seat), None)
    if found is None:
        raise Refused(_("Nothing is recorded here any more."))
    return found


def _set_aside(block: Block, *, by: Membership, now: datetime) -> None:
    if row := block.taken:
        row.undone_at, row.undone_by = now, by
        row.save(update_fields=["undone_at", "undone_by"])
