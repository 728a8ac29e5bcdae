"""What to do about groups that have not begun: which starts too small, and which two could go on as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import CareGroup, CareGroupQuerySet, Enrolment, middle_between

# When a group has to be large enough to go ahead, and how far apart two may be that become one (domain.md, 4).
GO_AHEAD = timedelta(weeks=3)
NEAR = timedelta(weeks=4)
MOST_PARTNERS = 2

# The four digits of a postcode, a room whose postcode is not known, or online; None where no place is known.
Place = tuple[str, str]


class Start(NamedTuple):
    """A group that has not begun: what decides whether it goes ahead, and with which others it could be one.

    A practice may have hundreds: a bare tuple.
    """

    pk: int
    name: str
    kind: str
    language: str
    place: Place | None
    # The middle of its window; a theme group has none.
    reference: date | None
    first_at: datetime
    taken: int
    minimum: int
    maximum: int

    @property
    def spare(self) -> int:
        return self.maximum - self.taken

    def fits(self, other: Start) -> bool:
        """Whether its people could go on in the other: alike, near in time, and with a place for everybody."""
        if not 0 < self.taken + other.taken <= other.maximum or self.pk == other.pk or self.place is None:
            return False
        if self.reference is None or other.reference is None:
            return False
        alike = (self.kind, self.language, self.place) == (other.kind, other.language, other.place)
        return alike and abs(self.reference - other.reference) <= NEAR


@dataclass(frozen=True, slots=True)
class Advice:
    """What is to say of one group: in `words` that it starts too small, and which groups it could be one with."""

    start: Start
    words: str
    partners: Sequence[Start]


def too_small(*, minimum: int, first_at: datetime | None, taken: int, now: datetime) -> str:
    """What to worry about three weeks before a group starts: fewer people than it needs. Empty when all is well."""
    if first_at is None or not now < first_at <= now + GO_AHEAD or taken >= minimum:
        return ""
    days = (timezone.localdate(first_at) - timezone.localdate(now)).days
    when = ngettext("Starts in %d day", "Starts in %d days", days) % days if days else _("Starts today")
    told = {"when": when, "taken": taken, "minimum": minimum}
    return _("%(when)s with %(taken)s of at least %(minimum)s people.") % told


def place_of(mode: str, room: int | None, postcode: str | None) -> Place | None:
    """Where people come to: the area of the room's postcode, the room itself where that is not known, or online."""
    if mode == CareGroup.Mode.ONLINE:
        return "online", ""
    digits = (postcode or "").strip()[:4]
    if len(digits) == 4 and digits.isdecimal():
        return "area", digits
    return ("room", str(room)) if room else None


def places_taken(groups: Collection[int]) -> dict[int, int]:
    """How many places of each of these groups are enrolled or held by an offer."""
    places = Enrolment.objects.taking_a_place().filter(group__in=groups)
    return dict(places.order_by().values_list("group").annotate(Count("pk")))


def starts_of(groups: CareGroupQuerySet, *, counted: Mapping[int, int] | None = None, now: datetime) -> list[Start]:
    """Those of these groups whose first session is still to come, soonest first.

    `counted` are the places taken of groups where that is known. Two queries, one where all are.
    """
    rows = (
        groups.alive()
        .filter(sessions__cancelled_at=None)
        .order_by()
        .values_list(
            "pk", "name", "kind", "language", "mode", "room", "room__postcode", "window_from", "window_until",
            "minimum", "maximum",
        )
        .annotate(first_at=Min("sessions__starts_at"))
        .filter(first_at__gt=now)
        .order_by("first_at", "pk")
    )  # fmt: skip
    taken = dict(counted or {})
    if others := [row[0] for row in rows if row[0] not in taken]:
        taken |= places_taken(others)
    return [
        Start(
            pk=pk,
            name=name,
            kind=kind,
            language=language,
            place=place_of(mode, room, code),
            reference=middle_between(opens, closes),
            first_at=first_at,
            taken=taken.get(pk, 0),
            minimum=minimum,
            maximum=maximum,
        )
        for pk, name, kind, language, mode, room, code, opens, closes, minimum, maximum, first_at in rows
    ]


def advise(starts: Sequence[Start], *, most: int, now: datetime) -> list[Advice]:
    """First each group that starts too small, soonest first; then pairs that could be one, each group once."""
    alike = _alike(starts)
    small = [_about(start, alike, now=now) for start in starts if _words_of(start, now=now)]
    told = {advice.start.pk for advice in small}
    pairs: list[Advice] = []
    for start in starts:
        if len(small) + len(pairs) >= most:
            break
        partners = () if start.pk in told else _partners(start, alike)
        free = [partner for partner in partners if partner.pk not in told]
        if free:
            pairs.append(Advice(start, "", free[:1]))
            told |= {start.pk, free[0].pk}
    return [*small, *pairs][:most]


def advice_for(group: CareGroup, starts: Sequence[Start], *, now: datetime) -> Advice | None:
    """What is to say of this one among these; nothing when all is well or it has begun."""
    start = next((start for start in starts if start.pk == group.pk), None)
    if start is None:
        return None
    advice = _about(start, _alike(starts), now=now)
    return advice if advice.words or advice.partners else None


def _alike(starts: Sequence[Start]) -> dict[object, list[Start]]:
    """The groups by what two must have in common, those with most places left first.

    Of two thousand only few are then held against each other.
    """
    alike: dict[object, list[Start]] = defaultdict(list)
    for start in sorted(starts, key=lambda start: -start.spare):
        alike[start.kind, start.language, start.place].append(start)
    return alike


def _about(start: Start, alike: dict[object, list[Start]], *, now: datetime) -> Advice:
    return Advice(start, _words_of(start, now=now), _partners(start, alike))


def _words_of(start: Start, *, now: datetime) -> str:
    return too_small(minimum=start.minimum, first_at=start.first_at, taken=start.taken, now=now)


def _partners(start: Start, alike: dict[object, list[Start]]) -> list[Start]:
    roomy = takewhile(lambda other: other.spare >= start.taken, alike[start.kind, start.language, start.place])
    partners = [other for other in roomy if start.fits(other)]
    partners.sort(key=lambda other: (abs(other.first_at - start.first_at), other.pk))
    return partners[:MOST_PARTNERS]
