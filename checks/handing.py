"""The tablet that goes round: a code for one session opens its seats, and each seat the fields of whose it is.

No account and no membership. Nothing that is kept is shown there: neither a value, nor whether one was marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from checks.cells import Seat, kinds_of, seats_of
from checks.entry import Refused, held, locked
from checks.tablets import TabletCode, TabletCodeQuerySet, hash_of, new_code
from groups.models import Enrolment
from participants.names import fold
from practices.models import Membership, Practice
from practices.tenancy import all_practices
from sessions.evening import why_not_running
from sessions.models import GroupSession


def why_not_round(session: GroupSession, *, now: datetime) -> str:
    """Why no tablet can go round in this session now; empty when one can."""
    if words := why_not_running(session, now=now):
        return words
    if not kinds_of(session):
        return _("Nothing is measured in this group")
    if session.day != timezone.localdate(now):
        return _("A tablet can go round on the day of the session only.")
    return ""


def hand_round(session: GroupSession, *, by: Membership, now: datetime) -> tuple[TabletCode, str]:
    """A new code for this session, with the code itself, which nobody can look up later. Raises Refused.

    The one before opens nothing any more.
    """
    session = held(session)
    if words := why_not_round(session, now=now):
        raise Refused(words)
    _standing(session).update(revoked_at=now)
    code = new_code()
    row = TabletCode.objects.create(
        practice_id=session.practice_id, session=session, code_hash=hash_of(code), made_at=now, made_by=by
    )
    return row, code


def use_here(session: GroupSession, *, by: Membership, now: datetime) -> TabletCode:
    """What opens the seats on the tablet in her hand: the code of today that other tablets use too, or a new one."""
    return code_of(held(session), now=now) or hand_round(session, by=by, now=now)[0]


def take_back(session: GroupSession, *, now: datetime) -> None:
    """Let the code of this session open nothing any more, on whatever tablet; twice is once."""
    _standing(held(session)).update(revoked_at=now)


def code_of(session: GroupSession, *, now: datetime) -> TabletCode | None:
    """The code that opens this session's seats now."""
    row = _standing(session).select_related("made_by__user", "session__group").first()
    return row if row and not why_over(row, now=now) else None


def practice_of(code: str) -> Practice | None:
    """The practice in which this code was made: the one look across practices for who types one."""
    with all_practices():
        found = TabletCode.objects.filter(code_hash=hash_of(code))
        return Practice.objects.filter(pk__in=found.values("practice")).first()


def behind(code: str, *, practice: Practice) -> TabletCode:
    """What this code of the practice was made for, whether or not it still opens it."""
    return _codes(practice).get(code_hash=hash_of(code))


def opened(pk: int, *, practice: Practice, hold: bool = False) -> TabletCode | None:
    """The code that a tablet was opened with; with `hold` its session is locked, and neither can end in between."""
    codes = _codes(practice).filter(pk=pk)
    if hold:
        locked(GroupSession.objects.filter(practice=practice, pk__in=codes.values("session"))).first()
    return codes.first()


def why_over(row: TabletCode, *, now: datetime) -> str:
    """Why this code opens nothing now; empty when it does."""
    if row.revoked_at:
        return _("This code was taken back. Ask the facilitator for a new one.")
    if timezone.localdate(row.made_at) != timezone.localdate(now):
        return _("This code was for another day. Ask the facilitator for a new one.")
    return why_not_round(row.session, now=now)


@dataclass(frozen=True)
class Chair:
    """A seat as everybody in the room may see it: whose it is, and nothing of her."""

    seat: Seat
    label: str
    # The part of the address that opens it, for this code alone.
    token: str


def chairs_of(row: TabletCode) -> list[Chair]:
    """The seats of who is here, by first name: in the order of the register last names would show through."""
    here = [seat for seat in seats_of(row.session) if seat.enrolment.pk in row.session.who_came]
    chairs = _chairs(row, here)
    return sorted(chairs, key=lambda chair: fold(chair.label))


def chair_at(row: TabletCode, token: str) -> Chair | None:
    """The seat that this part of an address opens, also when she left the group since."""
    places = Enrolment.objects.filter(group=row.session.group_id, practice=row.practice_id)
    everybody = seats_of(row.session, also=list(places.values_list("pk", flat=True)))
    return next((chair for chair in _chairs(row, everybody) if chair.token == token), None)


def _chairs(row: TabletCode, seats: Iterable[Seat]) -> list[Chair]:
    # In a parenting group the babies are measured, and nobody else.
    measured = [seat for seat in seats if bool(seat.child) == row.session.group.is_parenting]
    labels = told_apart([_names(seat) for seat in measured])
    return [Chair(seat, label, token_of(row, seat)) for seat, label in zip(measured, labels, strict=True)]


def token_of(row: TabletCode, seat: Seat) -> str:
    return salted_hmac("checks.handing.seat", f"{row.pk} {seat.code}", algorithm="sha256").hexdigest()[:16]


def told_apart(names: Sequence[tuple[str, ...]]) -> list[str]:
    """A label for each of these (first names…, last name): the first letter of the last, and a number, only if needed.

    Somebody who cannot tell which seat is hers would type into another's.
    """
    first = [", ".join(parts[:-1]) for parts in names]
    longer = [f"{name} {parts[-1][:1].upper()}".strip() for name, parts in zip(first, names, strict=True)]
    labels = [more if count > 1 else name for name, more, count in zip(first, longer, _counts(first), strict=True)]
    numbers: Counter[str] = Counter()
    for index, count in enumerate(_counts(labels)):
        if count > 1:
            numbers[labels[index]] += 1
            labels[index] = f"{labels[index]} {numbers[labels[index]]}"
    return labels


def _counts(labels: Collection[str]) -> list[int]:
    known = Counter(labels)
    return [known[label] for label in labels]


def _names(seat: Seat) -> tuple[str, ...]:
    """(name of the baby, first name, last name without what stands before it); a baby without a name goes by hers."""
    mother = seat.participant
    own = (seat.child.given_name, mother.given_name) if seat.child and seat.child.given_name else (mother.given_name,)
    return (*own, mother.family_name.split()[-1] if mother.family_name.split() else "")


def _codes(practice: Practice) -> TabletCodeQuerySet:
    return TabletCode.objects.filter(practice=practice).select_related("session__group")


def _standing(session: GroupSession) -> TabletCodeQuerySet:
    return TabletCode.objects.standing().filter(practice=session.practice_id, session=session)
