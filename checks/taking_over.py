"""The tick "taken over" beside a block: who copied it into the health record, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from checks.blocks import Block, blocks_of
from checks.entry import Refused, held
from checks.models import TakenOver
from groups.models import Facilitation
from practices.models import Membership
from practices.own_sql import fetch
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
            facts=block.facts.number,
            taken_over_by=by,
            taken_over_at=now,
        )


def undo(session: GroupSession, seat: str, *, by: Membership, now: datetime) -> None:
    """Take the tick back: the row stays, with who did so and when."""
    with transaction.atomic():
        _set_aside(_block(session, seat), by=by, now=now)


# Everybody's first page asks this, of the seats of `checks.blocks` and what is recorded at each: the readings that
# stand, a name in the round one by one, a note. What is newer than the tick of a block has changed it, and so has what
# is gone.
LEFT_OF_EVENINGS = """
    SELECT session.id, caregroup.name, session.starts_at, count(DISTINCT left_over.enrolment_id)
    FROM group_sessions_sessionlead lead
    JOIN group_sessions_groupsession session ON session.id = lead.session_id
    JOIN groups_caregroup caregroup ON caregroup.id = session.group_id
    CROSS JOIN LATERAL (
        WITH of_a_place AS (
            SELECT enrolment_id, seen_at AS last_at FROM group_sessions_attendance
            WHERE session_id = session.id AND seen_at IS NOT NULL
            UNION ALL
            SELECT enrolment_id, written_at FROM group_sessions_turnnote
            WHERE practice_id = session.practice_id AND session_id = session.id
        ), recorded AS (
            SELECT enrolment_id, child_id, greatest(entered_at, reviewed_at, confirmed_at) AS last_at
            FROM checks_measurement
            WHERE practice_id = session.practice_id AND session_id = session.id AND replaced_at IS NULL
            UNION ALL
            SELECT of_a_place.enrolment_id, baby.child_id, of_a_place.last_at
            FROM of_a_place
            LEFT JOIN groups_enrolledchild baby
                ON baby.enrolment_id = of_a_place.enrolment_id AND caregroup.kind = 'parenting'
        ), seat AS (
            SELECT enrolment_id, coalesce(child_id, 0) AS child_id, max(last_at) AS last_at, count(*) AS facts
            FROM recorded GROUP BY 1, 2
        ), taken AS (
            SELECT id, enrolment_id, coalesce(child_id, 0) AS child_id, taken_over_at, facts FROM checks_takenover
            WHERE practice_id = session.practice_id AND session_id = session.id AND undone_at IS NULL
                -- Not of a place that has a baby by now: its seats are its babies'.
                AND (child_id IS NOT NULL OR caregroup.kind <> 'parenting' OR NOT EXISTS (
                    SELECT FROM groups_enrolledchild baby WHERE baby.enrolment_id = checks_takenover.enrolment_id
                ))
        )
        SELECT enrolment_id FROM seat FULL JOIN taken USING (enrolment_id, child_id)
        WHERE taken.id IS NULL OR taken.taken_over_at <= seat.last_at OR taken.facts <> coalesce(seat.facts, 0)
    ) left_over
    WHERE lead.practice_id = %(practice)s AND lead.membership_id = %(member)s
        AND lead.role = %(first)s AND lead.cancelled_at IS NULL AND lead.starts_at >= %(since)s
        AND session.closed_at IS NOT NULL
    GROUP BY session.id, caregroup.name
    ORDER BY session.starts_at, session.id
"""


def left_for(membership: Membership, *, since: datetime) -> list[tuple[Any, ...]]:
    """(session, name of its group, start, people of whom something is not in the record yet), in order of time.

    Closed sessions since then that this member of staff led first and where there are such people; one query. Another
    due date makes a block another one too, which its own page alone finds out.
    """
    asked = {
        "practice": membership.practice_id,
        "member": membership.pk,
        "first": Facilitation.Role.FIRST,
        "since": since,
    }
    return fetch(LEFT_OF_EVENINGS, asked)


def _block(session: GroupSession, seat: str) -> Block:
    # The session's row is held, as by a save of a value: what is ticked is what stands.
    found = next((block for block in blocks_of(held(session)).shown if block.seat.code == seat), None)
    if found is None:
        raise Refused(_("Nothing is recorded here any more."))
    return found


def _set_aside(block: Block, *, by: Membership, now: datetime) -> None:
    if row := block.taken:
        row.undone_at, row.undone_by = now, by
        row.save(update_fields=["undone_at", "undone_by"])
