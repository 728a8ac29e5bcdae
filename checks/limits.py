"""A reading held against the limits of the practice. Pure: it is given the limits, and looks nothing up.

What it says is what the practice's own rows say: outside the limits this practice set. No advice, no diagnosis.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from checks.kinds import QUANTITIES, CheckKind, Quantity
from checks.models import MARKS as MARKS
from checks.models import Limit, Mark
from checks.reading import Values, with_unit

Limits = Mapping[str, Limit]
MOST_READINGS = 3


@dataclass(frozen=True)
class Verdict:
    """What becomes of a reading: refused in words, asked again in words, or taken with a mark."""

    refusal: str = ""
    question: str = ""
    mark: Mark = Mark.NONE


def quantities(kind: CheckKind, values: Values) -> dict[Quantity, int]:
    """The numbers of a reading that have limits of their own."""
    first, second = values.first, values.second
    numbers = (first,) if second is None else (first, second, first - second)
    return dict(zip(QUANTITIES[kind], numbers, strict=True))


def judge(
    kind: CheckKind, values: Values, *, limits: Limits, last: Values | None = None, z: Decimal | None = None
) -> Verdict:
    """Hold a reading against the limits that were valid on its day.

    `last` is the value of the session before; `z` a baby's score in WHO's table, which asks and never marks.
    """
    numbers = {quantity: number for quantity, number in quantities(kind, values).items() if quantity in limits}
    before = quantities(kind, last) if last else {}
    for quantity, number in numbers.items():
        if refusal := _refusal(quantity, number, limits[quantity]):
            return Verdict(refusal=refusal)
    questions = (_question(q, number, limits[q], before.get(q), z) for q, number in numbers.items())
    return Verdict(
        question=next(filter(None, questions), ""),
        mark=_worst([mark_of(number, limits[quantity]) for quantity, number in numbers.items()]),
    )


def readings_asked(kind: CheckKind, readings: Mapping[int, tuple[Values, Mark]], *, limits: Limits) -> int:
    """How many readings a cell asks for: a second where the first was marked, a third where these two differ.

    What was taken already is always counted.
    """
    first, second = readings.get(1), readings.get(2)
    taken = max(readings, default=1)
    if taken == MOST_READINGS or first is None or first[1] == Mark.NONE:
        return taken
    return MOST_READINGS if second and _apart(first[0], second[0], limits) else 2


SENTENCES = {
    "refuse_below": _("Below %(number)s: refused."),
    "refuse_above": _("Above %(number)s: refused."),
    "ask_below": _("Below %(number)s: asked again before it is taken."),
    "ask_change": _("More than %(number)s from the last time: asked again before it is taken."),
    "ask_drop": _("More than %(number)s less than the last time: asked again before it is taken."),
    "mark_below": _("Below %(number)s: marked, measured again and shown to the first facilitator."),
    "mark_from": _("From %(number)s: marked, measured again and shown to the first facilitator."),
    "urgent_from": _("From %(number)s: marked as urgent, the first facilitator is called at once."),
    "readings_apart": _("Two readings more than %(number)s apart: a third one is asked."),
    "ask_z_below": _("Below %(z)s standard deviations in WHO's table: asked again before it is taken."),
    "ask_z_above": _("Above %(z)s standard deviations in WHO's table: asked again before it is taken."),
}


def in_words(limit: Limit, names: Collection[str] = tuple(SENTENCES)) -> list[str]:
    """What a row says, a sentence for each of these numbers that it has."""
    quantity, said = Quantity(limit.quantity), []
    for name, words in SENTENCES.items():
        number = getattr(limit, name)
        if number is not None and name in names:
            facts = {"z": f"{number:+d}".replace("-", "−"), "number": with_unit(quantity, number)}
            said.append(str(words) % facts)
    return said


def most_readings(kind: CheckKind, limits: Limits) -> int:
    """How many readings of this kind an evening may ask for, whatever is measured."""
    rows = [limits[quantity] for quantity in QUANTITIES[kind] if quantity in limits]
    if all(getattr(row, name) is None for row in rows for name in MARKS):
        return 1
    return MOST_READINGS if any(row.readings_apart is not None for row in rows) else 2


def _refusal(quantity: Quantity, number: int, limit: Limit) -> str:
    facts = {"what": capfirst(quantity.label), "number": with_unit(quantity, number)}
    if limit.refuse_below is not None and number < limit.refuse_below:
        return _("%(what)s %(number)s is less than %(limit)s. Look at the number again.") % {
            **facts,
            "limit": with_unit(quantity, limit.refuse_below),
        }
    if limit.refuse_above is not None and number > limit.refuse_above:
        return _("%(what)s %(number)s is more than %(limit)s. Look at the number again.") % {
            **facts,
            "limit": with_unit(quantity, limit.refuse_above),
        }
    return ""


def _question(quantity: Quantity, number: int, limit: Limit, before: int | None, z: Decimal | None) -> str:
    if limit.ask_below is not None and number < limit.ask_below:
        return _("%(what)s is only %(number)s. Is that right?") % {
            "what": capfirst(quantity.label),
            "number": with_unit(quantity, number),
        }
    if before is not None and _is_far_from(before, number, limit):
        facts = {"change": with_unit(quantity, abs(number - before)), "before": with_unit(quantity, before)}
        if number > before:
            return _("That is %(change)s more than last time (%(before)s). Is it right?") % facts
        return _("That is %(change)s less than last time (%(before)s). Is it right?") % facts
    if z is not None and _is_far(z, limit):
        return _("%(what)s %(number)s lies far from what WHO's table has at this age. Is that right?") % {
            "what": capfirst(quantity.label),
            "number": with_unit(quantity, number),
        }
    return ""


def _is_far_from(before: int, number: int, limit: Limit) -> bool:
    changed = limit.ask_change is not None and abs(number - before) > limit.ask_change
    return changed or (limit.ask_drop is not None and before - number > limit.ask_drop)


def _is_far(z: Decimal, limit: Limit) -> bool:
    return (limit.ask_z_below is not None and z < limit.ask_z_below) or (
        limit.ask_z_above is not None and z > limit.ask_z_above
    )


def mark_of(number: int, limit: Limit) -> Mark:
    """The mark that this row gives to this number."""
    if limit.urgent_from is not None and number >= limit.urgent_from:
        return Mark.URGENT
    above = limit.mark_from is not None and number >= limit.mark_from
    below = limit.mark_below is not None and number < limit.mark_below
    return Mark.OUTSIDE if above or below else Mark.NONE


def _worst(marks: list[Mark]) -> Mark:
    return max(marks, key=[Mark.NONE, Mark.OUTSIDE, Mark.URGENT].index, default=Mark.NONE)


def _apart(one: Values, other: Values, limits: Limits) -> bool:
    """Whether two readings ask for a third: only those of a blood pressure are held against each other."""
    if one.second is None or other.second is None:
        return False
    pairs = ((Quantity.SYSTOLIC, one.first, other.first), (Quantity.DIASTOLIC, one.second, other.second))
    return any(
        limit.readings_apart is not None and abs(number - another) > limit.readings_apart
        for quantity, number, another in pairs
        if (limit := limits.get(quantity))
    )
