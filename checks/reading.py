"""What somebody types, into base units (mmHg, g, mm) and back into words. No database, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from checks.kinds import CheckKind, Quantity


class Values(NamedTuple):
    """One reading in base units; only a blood pressure has a second number."""

    first: int
    second: int | None = None


class Unreadable(ValueError):
    """What was typed is not this kind of value. `words` say so to who typed it."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class Unit:
    """How a quantity is shown: `base` base units make one of it, with at least so many decimals."""

    name: str
    base: int
    decimals: int

    def write(self, number: int) -> str:
        """The number in the style of the active language, exact: 72400 is 72,4 in Dutch and 72.4 in English."""
        if self.base == 1:
            return str(number)
        whole, part = divmod(number, self.base)
        digits = f"{part:0{len(str(self.base)) - 1}}".rstrip("0").ljust(self.decimals, "0")
        return f"{whole}{formats.get_format('DECIMAL_SEPARATOR')}{digits}"


MMHG, KILOGRAM, GRAM, CENTIMETRE = Unit("mmHg", 1, 0), Unit("kg", 1000, 1), Unit("g", 1, 0), Unit("cm", 10, 1)
UNITS: dict[str, Unit] = {
    CheckKind.BLOOD_PRESSURE: MMHG,
    CheckKind.WEIGHT: KILOGRAM,
    CheckKind.BABY_WEIGHT: GRAM,
    CheckKind.BABY_LENGTH: CENTIMETRE,
    CheckKind.BABY_HEAD: CENTIMETRE,
    # A weight or a length has one name as a kind and as a quantity; the numbers of a pressure have their own.
    Quantity.SYSTOLIC: MMHG,
    Quantity.DIASTOLIC: MMHG,
    Quantity.PULSE: MMHG,
}

PRESSURE = re.compile(r"\s*(\d{1,4})\s*(?:[/\\|\-–]|\s)\s*(\d{1,4})\s*(?:mm\s?hg)?\s*", re.IGNORECASE)
AMOUNT = re.compile(
    r"\s*(?P<whole>\d{1,6})(?:[.,٫](?P<part>\d{1,4}))?\s*(?P<unit>kg|kilo|g|gr|gram|cm|mm)?\.?\s*", re.I
)
MASS = {"kg": 1000, "kilo": 1000, "g": 1, "gr": 1, "gram": 1}
LENGTH = {"cm": 10, "mm": 1}
# A number without a unit is in the larger unit below this, else in the smaller one (domain.md, 3).
LARGER_UNIT_BELOW = {
    CheckKind.WEIGHT: 1000,
    CheckKind.BABY_WEIGHT: 25,
    CheckKind.BABY_LENGTH: 200,
    CheckKind.BABY_HEAD: 100,
}


def read(kind: CheckKind, *typed: str) -> Values:
    """The reading that was typed, in one field or two. Raises Unreadable, in the words of who typed it."""
    if kind == CheckKind.BLOOD_PRESSURE:
        return _pressure(" ".join(part.strip() for part in typed if part.strip()))
    return Values(_amount(kind, typed[0] if typed else ""))


def texts(kind: CheckKind, values: Values) -> tuple[str, ...]:
    """What stands in the fields: two for a blood pressure, one for the rest, without the unit."""
    first = UNITS[kind].write(values.first)
    return (first,) if values.second is None else (first, UNITS[kind].write(values.second))


def written(kind: CheckKind, values: Values) -> str:
    """The reading in one word without its unit: 128/82, 72,4, 4250."""
    return "/".join(texts(kind, values))


def with_unit(kind: CheckKind | Quantity, number: int) -> str:
    """A number of this kind or quantity with its unit: 3,0 kg, 140 mmHg."""
    unit = UNITS[kind]
    return f"{unit.write(number)} {unit.name}"


def read_number(quantity: Quantity, typed: str) -> int:
    """A single number in the unit that the quantity is shown in, into base units: a limit. Raises Unreadable."""
    unit = UNITS[quantity]
    found = AMOUNT.fullmatch(typed)
    exact = (
        Decimal((found["whole"] + "." + (found["part"] or "0")) if found and not found["unit"] else "NaN") * unit.base
    )
    if not exact.is_finite() or exact != int(exact):
        raise Unreadable(_("Type a number in %(unit)s.") % {"unit": unit.name})
    return int(exact)


def example_values(kind: CheckKind) -> Values:
    return {
        CheckKind.BLOOD_PRESSURE: Values(128, 82),
        CheckKind.WEIGHT: Values(72_400),
        CheckKind.BABY_WEIGHT: Values(4250),
        CheckKind.BABY_LENGTH: Values(625),
        CheckKind.BABY_HEAD: Values(385),
    }[kind]


def example(kind: CheckKind) -> str:
    return written(kind, example_values(kind))


def _pressure(typed: str) -> Values:
    found = PRESSURE.fullmatch(typed)
    if found is None:
        one = re.fullmatch(r"\d{1,4}", typed)
        raise _unreadable(CheckKind.BLOOD_PRESSURE, _("Type both numbers, for instance %(example)s.") if one else None)
    upper, lower = (int(number) for number in found.groups())
    if lower >= upper:
        raise Unreadable(
            _("The upper number, %(upper)s, must be above the lower, %(lower)s. Were they swapped?")
            % {"upper": upper, "lower": lower}
        )
    if lower == 0:
        raise _unreadable(CheckKind.BLOOD_PRESSURE)
    return Values(upper, lower)


def _amount(kind: CheckKind, typed: str) -> int:
    found = AMOUNT.fullmatch(typed)
    if found is None:
        raise _unreadable(kind)
    whole, part, unit = found["whole"], found["part"] or "", (found["unit"] or "").lower()
    number = Decimal(f"{int(whole)}.{int(part or 0):0{len(part) or 1}}")
    bases = LENGTH if kind in {CheckKind.BABY_LENGTH, CheckKind.BABY_HEAD} else MASS
    if unit and unit not in bases:
        raise _unreadable(kind)
    # 4.250 g has a point between thousands; without a unit, 4.250 are kilograms and so the same.
    if bases.get(unit) == 1 and bases is MASS and len(part) == 3:
        unit = "kg"
    base = bases[unit] if unit else (max(bases.values()) if number < LARGER_UNIT_BELOW[kind] else 1)
    exact = number * base
    if exact != int(exact):
        smallest = "mm" if bases is LENGTH else "g"
        raise _unreadable(kind, _("Finer than 1 %(unit)s is not kept. For instance %(example)s."), unit=smallest)
    if exact == 0:
        raise _unreadable(kind)
    return int(exact)


# What cannot be read, by kind; each names an example in the numbers of the active language.
NOT_A: dict[CheckKind, Promise] = {
    CheckKind.BLOOD_PRESSURE: _("This is not a blood pressure. Type two numbers, for instance %(example)s."),
    CheckKind.WEIGHT: _("This is not a weight. Type kilograms, for instance %(example)s."),
    CheckKind.BABY_WEIGHT: _("This is not a weight. Type grams or kilograms, for instance %(example)s."),
    CheckKind.BABY_LENGTH: _("This is not a length. Type centimetres, for instance %(example)s."),
    CheckKind.BABY_HEAD: _("This is not a circumference. Type centimetres, for instance %(example)s."),
}


def _unreadable(kind: CheckKind, words: Promise | None = None, **facts: str) -> Unreadable:
    return Unreadable(str(words or NOT_A[kind]) % {"example": example(kind), **facts})
