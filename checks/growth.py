"""A baby beside WHO's Child Growth Standards of 2006, by age and sex. Pure: the tables come with `pygrowup`.

A z score says how many standard deviations a value lies from WHO's median. It never marks a value, and least of all a
head circumference: that of Dutch boys lies 0.3 to 0.9 above WHO's (domain.md, 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import exp, log1p
from typing import Any

from pygrowup import Observation
from pygrowup.tables.by_day import hcfa, lfa, wfa

from checks.kinds import Quantity
from participants.models import Child

# (name of the table, its numbers, base units in one of its units: kg or cm)
TABLES: dict[str, tuple[str, Any, int]] = {
    Quantity.BABY_WEIGHT: ("wfa", wfa.DATA, 1000),
    Quantity.BABY_LENGTH: ("lfa", lfa.DATA, 10),
    Quantity.BABY_HEAD: ("hcfa", hcfa.DATA, 10),
}
SEXES = {Child.Sex.FEMALE: Observation.FEMALE, Child.Sex.MALE: Observation.MALE}
# Five years: the tables that go by the day end here.
OLDEST = 1856
# A birth before this day of pregnancy is early: 37 weeks.
TERM_BEGINS = 259


def z_score(quantity: str, number: int, *, child: Child, day: date) -> Decimal | None:
    """The z score of a number in base units; None where WHO has no table, or the sex is not known."""
    sex = _sex(quantity, child)
    if sex is None or not 0 <= child.age_in_days(day) <= OLDEST:
        return None
    name, _table, base = TABLES[quantity]
    # By its dates: an age of 0 days is taken for none. And by this method: `wfa` refuses what weighs less than a
    # kilogram, and `lhfa` takes a baby for one that stands, and adds 7 mm.
    seen = Observation(sex=sex, dob=child.born_on, date_of_observation=day)
    score: Decimal = seen.get_z_score(name, sex, Decimal(number) / base, seen.t)
    return score


def value_at(quantity: str, z: float, *, child: Child, age: int) -> float | None:
    """The value in base units that lies at this z score at so many days; None where `z_score` has none."""
    sex = _sex(quantity, child)
    if sex is None or not 0 <= age <= OLDEST:
        return None
    _name, table, base = TABLES[quantity]
    power, median, spread = (float(table[sex][age][letter]) for letter in "lms")
    # M(1 + LSz)^(1/L), exact where L comes close to 0 as well; it never is 0.
    return base * median * exp(log1p(power * spread * z) / power)


@dataclass(frozen=True)
class Lines:
    """What WHO's table has of this quantity for this child from her birth up to `last`."""

    quantity: Quantity
    child: Child
    last: date

    def at(self, z: float, day: date) -> float:
        value = value_at(self.quantity, z, child=self.child, age=self.child.age_in_days(day))
        assert value is not None  # noqa: S101 - `lines_of` looked
        return value


# The least that a drawing of growth spans: a quarter of a year.
LEAST_DAYS = 91


def lines_of(quantity: Quantity, child: Child | None, *, last: date) -> Lines | None:
    """WHO's lines behind the values of this child up to `last`; None where there is no table for them."""
    if child is None or _sex(quantity, child) is None or not 0 <= child.age_in_days(last) <= OLDEST:
        return None
    shown = max(last, date.fromordinal(child.born_on.toordinal() + LEAST_DAYS))
    return Lines(quantity, child, shown)


def is_early(child: Child) -> bool:
    """Born before 37 weeks, as far as is known. WHO's lines are not corrected for it."""
    days = child.gestational_days_at_birth
    return days is not None and days < TERM_BEGINS


def _sex(quantity: str, child: Child) -> str | None:
    return SEXES.get(Child.Sex(child.sex)) if child.sex and quantity in TABLES else None
