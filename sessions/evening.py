"""What happens in one evening: who comes in, in which order, and who was seen one to one.

Every act holds the session's row while it works, so that saving and closing never pass each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from groups.models import Enrolment
from practices.models import Membership
from sessions.models import CAME, Attendance, GroupSession, TurnNote

# How long a turn takes as a rule (domain.md, 1: belly and heartbeat, physical examination).
A_TURN = timedelta(minutes=3)


class Refused(Exception):
    """Something that cannot be done now, with the sentence that says why."""

    @property
    def sentence(self) -> str:
        return str(self.args[0])


class NotRunning(Refused):
    """The session takes nothing: it is cancelled or closed, or its day has not come."""


class NoPlace(Refused):
    """This person has no place in the group of the session."""


class NotHere(Refused):
    """Only who came can be seen one to one."""


class ChangedSince(Refused):
    """Somebody has recorded something since the touch that is to be taken back."""

    def __init__(self) -> None:
        super().__init__(_("Somebody changed this since. It stays as it is now."))


def why_not_running(session: GroupSession, *, now: datetime) -> str:
    """The sentence that says why nothing can be entered, or nothing when it can."""
    if session.is_cancelled:
        return _("This session is cancelled. Nothing can be entered.")
    if session.is_closed:
        return _("This session is closed. Nothing more can be entered, unless a first facilitator opens it again.")
    if not session.runs_on(timezone.localdate(now)):
        return _("You can read this session now. Entering starts on %(day)s.") % {
            "day": date_format(session.day, "l j F")
        }
    return ""


def lock_running(session: GroupSession, *, now: datetime) -> GroupSession:
    """The session as it is, its row held until the transaction ends. Raises NotRunning."""
    locked = GroupSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    if refusal := why_not_running(locked, now=now):
        raise NotRunning(refusal)
    return locked


def places_at(session: GroupSession) -> QuerySet[Enrolment]:
    """The places that this session is about: those held while it took place, and those with an outcome.

    Once it is closed, every place has its outcome, and who came later is not part of it.
    """
    outcomes = Attendance.objects.filter(session=session, enrolment=OuterRef("pk"))
    recorded = Q(Exists(outcomes))
    if session.is_closed:
        return Enrolment.objects.filter(recorded, group=session.group_id)
    left_later = Q(state=Enrolment.State.LEFT, left_at__gte=session.starts_at)
    held = Q(Q(state=Enrolment.State.ENROLLED) | left_later, enrolled_at__lt=session.ends_at)
    return Enrolment.objects.filter(held | recorded, group=session.group_id)


def without_outcome(session: GroupSession) -> QuerySet[Enrolment]:
    """The places that nothing was recorded of yet."""
    outcomes = Attendance.objects.filter(session=session, enrolment=OuterRef("pk"))
    return places_at(session).filter(~Exists(outcomes))


def excused_from(session: GroupSession) -> set[int]:
    """The keys of the places that answered beforehand that they cannot come."""
    return set(session.answers.standing().filter(is_coming=False).values_list("enrolment_id", flat=True))


def record_arrival(
    session: GroupSession,
    enrolment: Enrolment,
    outcome: str,
    *,
    with_partner: bool | None = None,
    by: Membership,
    now: datetime,
) -> Attendance:
    """Say what became of this place; `with_partner` None leaves that as it is. The same once more changes nothing.

    Raises NotRunning, or NoPlace for somebody who is not (or no longer) in the group.
    """
    with transaction.atomic():
        running = lock_running(session, now=now)
        return _record(running, _place(running, enrolment), outcome, with_partner, by=by, now=now)


def record_partner(
    session: GroupSession, enrolment: Enrolment, with_partner: bool, *, by: Membership, now: datetime
) -> Attendance:
    """Say whether the partner came along with somebody who is here. Raises NotRunning, NoPlace or NotHere."""
    with transaction.atomic():
        running = lock_running(session, now=now)
        row = _arrived(running, enrolment)
        # Where he came for her, he comes along only when she is here too.
        both = with_partner and row.outcome == Attendance.Outcome.BY_PARTNER
        outcome = Attendance.Outcome.PRESENT if both else row.outcome
        return _record(running, row.enrolment, outcome, with_partner, by=by, now=now)


def undo_arrival(session: GroupSession, enrolment: Enrolment, *, at: datetime | None = None, now: datetime) -> None:
    """Take back a wrong touch: nothing is recorded of this place. The history keeps what was.

    `at` is the moment of the touch; without one whatever is recorded goes. Raises NotRunning or ChangedSince.
    """
    with transaction.atomic():
        running = lock_running(session, now=now)
        for row in running.attendances.filter(enrolment=_place(running, enrolment)):
            if at and (row.recorded_at != at or row.seen_at):
                raise ChangedSince
            row.delete()


def kept_of(row: Attendance) -> Any:
    """What stands now, as the history keeps it."""
    return _history().filter(pgh_obj=row.pk).latest("pk")


def kept_as(key: int, session: GroupSession, enrolment: Enrolment) -> Any:
    """What stood once of this place, by its key in the history; None where there is no such thing."""
    return _history().filter(pk=key, session=session, enrolment=enrolment).first()


def put_back(
    session: GroupSession, enrolment: Enrolment, kept: Any, *, at: datetime, by: Membership, now: datetime
) -> Attendance:
    """Take back a wrong touch, of the moment `at`: what stood before it (`kept_of`) stands again. Twice is once.

    Who is here once more came in, and was seen, when she was at first. Raises NotRunning, NoPlace or ChangedSince.
    """
    with transaction.atomic():
        running = lock_running(session, now=now)
        place = _place(running, enrolment)
        row = running.attendances.filter(enrolment=place).first()
        is_back = row is not None and (row.outcome, row.with_partner) == (kept.outcome, kept.with_partner)
        if not is_back and (row is None or row.recorded_at != at or _is_seen_since(row, at, kept.outcome)):
            raise ChangedSince
        return _record(running, place, kept.outcome, kept.with_partner, by=by, now=now, kept=kept)


def _is_seen_since(row: Attendance, at: datetime, outcome: str) -> bool:
    """Seen after that moment, which this outcome would throw away."""
    return row.seen_at is not None and row.seen_at > at and outcome not in CAME


def record_all_present(session: GroupSession, *, by: Membership, now: datetime) -> int:
    """Check in everybody who is still expected; how many that were. Raises NotRunning.

    An outcome that stands stays, and so does an apology that was sent beforehand.
    """
    with transaction.atomic():
        running = lock_running(session, now=now)
        excused = excused_from(running)
        rows = [
            Attendance(
                practice_id=running.practice_id,
                session=running,
                enrolment=place,
                outcome=Attendance.Outcome.PRESENT,
                arrived_at=now,
                recorded_at=now,
                recorded_by=by,
            )
            for place in without_outcome(running).filter(state=Enrolment.State.ENROLLED)
            if place.pk not in excused
        ]
        Attendance.objects.bulk_create(rows)
        return len(rows)


def undo_all_present(session: GroupSession, at: datetime, *, by: Membership, now: datetime) -> int:
    """Take back whom `by` checked in at that moment, all at once, and how many that were. Raises NotRunning.

    Who was changed since, or seen, stays as she is, and so does somebody who has left the group.
    """
    with transaction.atomic():
        rows = lock_running(session, now=now).attendances.filter(
            recorded_at=at,
            recorded_by=by,
            outcome=Attendance.Outcome.PRESENT,
            with_partner=False,
            seen_at=None,
            enrolment__in=Enrolment.objects.enrolled(),
        )
        return rows.delete()[0]


def mark_seen(session: GroupSession, enrolment: Enrolment, *, by: Membership, now: datetime) -> Attendance:
    """Note that somebody who is here was seen one to one. Once is enough: the first moment stays.

    A co-facilitator who ticks it says that the first facilitator saw her. Raises NotRunning, NoPlace or NotHere.
    """
    with transaction.atomic():
        running = lock_running(session, now=now)
        row = _arrived(running, enrolment)
        if row.seen_at is None:
            first = None if by.answers_for_checks else running.first_lead()
            row.seen_at, row.seen_by = now, first.membership if first else by
            row.save(update_fields=["seen_at", "seen_by"])
        return row


def undo_seen(session: GroupSession, enrolment: Enrolment, *, now: datetime) -> None:
    """Take back that somebody was seen. Raises NotRunning."""
    with transaction.atomic():
        running = lock_running(session, now=now)
        running.attendances.filter(enrolment=_place(running, enrolment)).update(seen_at=None, seen_by=None)


def end_of_round(session: GroupSession, waiting: int, *, now: datetime) -> datetime:
    """When everybody who waits will have been seen, at three minutes each from now, or from the start if later."""
    return max(now, session.starts_at) + waiting * A_TURN


def note_of(session: GroupSession, enrolment: Enrolment, *, by: Membership, now: datetime) -> TurnNote:
    """The note of somebody who is here, and a new one where there is none. Whoever writes it holds the session's row.

    Raises NotRunning, NoPlace or NotHere.
    """
    if refusal := why_not_running(session, now=now):
        raise NotRunning(refusal)
    _arrived(session, enrolment)
    note = TurnNote.objects.visible_to(by).filter(session=session, enrolment=enrolment).first()
    note = note or TurnNote(practice_id=session.practice_id, session=session, enrolment=enrolment)
    note.written_at, note.written_by = now, by
    return note


def _record(
    session: GroupSession,
    place: Enrolment,
    outcome: str,
    with_partner: bool | None,
    *,
    by: Membership,
    now: datetime,
    kept: Any = None,
) -> Attendance:
    row = session.attendances.filter(enrolment=place).first()
    if row is None:
        row = Attendance(practice_id=session.practice_id, session=session, enrolment=place)
    came = outcome in CAME
    for_her = outcome == Attendance.Outcome.BY_PARTNER
    partner = came and not for_her and (row.with_partner if with_partner is None else with_partner)
    if row.pk and (row.outcome, row.with_partner) == (outcome, partner):
        return row
    row.outcome, row.with_partner = outcome, partner
    if kept and row.arrived_at is None:
        row.arrived_at, row.seen_at, row.seen_by_id = kept.arrived_at, kept.seen_at, kept.seen_by_id
    row.arrived_at = (row.arrived_at or now) if came else None
    if not came:
        row.seen_at = row.seen_by = None
    row.recorded_at, row.recorded_by = now, by
    row.save()
    return row


def _history() -> Any:
    tracked: Any = Attendance
    return tracked.pgh_event_model.objects


def _place(session: GroupSession, enrolment: Enrolment) -> Enrolment:
    places = Enrolment.objects.enrolled().filter(group=session.group_id)
    place = places.select_related("participant").filter(pk=enrolment.pk).first()
    if place is None:
        raise NoPlace(_("This person has no place in the group any more."))
    return place


def _arrived(session: GroupSession, enrolment: Enrolment) -> Attendance:
    place = _place(session, enrolment)
    row = session.attendances.who_came().filter(enrolment=place).first()
    if row is None:
        raise NotHere(_("%(name)s is not checked in.") % {"name": place.participant.given_name})
    return row
