"""How a group's values are written down: last digits, and values just under a limit. Pure: counting, no database.

Numbers that people read off and type show a liking for round ones, and for what stays under a limit (domain.md, 3).
Each count stands beside what chance would give, so that a group with few values is not read as one with a habit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb, erf, sqrt
from statistics import fmean, stdev

from checks.kinds import Quantity
from checks.models import Limit

# The step in which a quantity is read off, in base units; its last digit is the one that counts here.
STEPS: dict[Quantity, int] = {
    Quantity.SYSTOLIC: 1,
    Quantity.DIASTOLIC: 1,
    Quantity.WEIGHT: 100,
    # Scales for babies go by 5 or 10 gram.
    Quantity.BABY_WEIGHT: 10,
    Quantity.BABY_LENGTH: 1,
    Quantity.BABY_HEAD: 1,
}
# With fewer values chance alone makes nearly any picture.
LEAST = 30
# So many steps below a limit are just under it: 138 and 139 under 140.
JUST_UNDER = 2
# So many parts of that width are shown on each side of the limit.
PARTS = 5
# Between these shares lie nineteen of twenty groups that have no habit.
SURE = 0.95


@dataclass(frozen=True)
class Share:
    """A count among others, beside what chance gives nineteen times of twenty."""

    count: int
    of: int
    expected: float
    low: int
    high: int

    @property
    def is_more(self) -> bool:
        return self.count > self.high

    @property
    def is_less(self) -> bool:
        return self.count < self.low

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.of)

    @property
    def expected_count(self) -> float:
        return self.expected * self.of


@dataclass(frozen=True)
class UnderLimit:
    """Values in the last steps under the limit that held on their day, in base units."""

    limit: int
    lowest: int
    share: Share
    # How many values there are in each part of the same width around the limit, by its lowest number.
    around: dict[int, int]


@dataclass(frozen=True)
class Habit:
    """One quantity of one group. `digits` has a share for each last digit; empty with too few values."""

    quantity: Quantity
    count: int
    digits: list[Share]
    under: list[UnderLimit]

    @property
    def is_enough(self) -> bool:
        return bool(self.digits)

    @property
    def round(self) -> Share:
        return self.digits[0]


def habit_of(quantity: Quantity, values: Sequence[tuple[date, int]], limits: Iterable[Limit]) -> Habit:
    """What is to see in these values with their days; `limits` are the rows of this quantity, in any order."""
    numbers = [number for _day, number in values]
    if len(numbers) < LEAST:
        return Habit(quantity, len(numbers), [], [])
    counts = Counter(number // STEPS[quantity] % 10 for number in numbers)
    digits = [share(counts[digit], len(numbers), 0.1) for digit in range(10)]
    return Habit(quantity, len(numbers), digits, _under(quantity, values, limits))


def share(count: int, of: int, expected: float) -> Share:
    low, high = likely(of, expected)
    return Share(count, of, expected, low, high)


def likely(of: int, chance: float) -> tuple[int, int]:
    """The least and the most of so many that chance gives nineteen times of twenty: the binomial, both tails alike."""
    tail, below, low, high = (1 - SURE) / 2, 0.0, 0, of
    for count in range(of + 1):
        before, below = below, below + comb(of, count) * chance**count * (1 - chance) ** (of - count)
        if before <= tail < below:
            low = count
        if before < 1 - tail <= below:
            high = count
            break
    return low, high


def _under(quantity: Quantity, values: Sequence[tuple[date, int]], limits: Iterable[Limit]) -> list[UnderLimit]:
    """For each limit from which values are marked: the values of its days, against a bell around their mean."""
    rows = sorted(limits, key=lambda row: row.valid_from)
    held: dict[int, list[int]] = {}
    for day, number in values:
        row = next((row for row in reversed(rows) if row.valid_from <= day), None)
        if row and row.mark_from is not None:
            held.setdefault(row.mark_from, []).append(number)
    found = []
    for limit, numbers in sorted(held.items()):
        lowest = limit - JUST_UNDER * STEPS[quantity]
        expected = _bell(numbers, lowest, limit, STEPS[quantity]) if len(numbers) >= LEAST else 0.0
        if expected:
            count = sum(lowest <= number < limit for number in numbers)
            around = _around(numbers, limit, JUST_UNDER * STEPS[quantity])
            found.append(UnderLimit(limit, lowest, share(count, len(numbers), expected), around))
    return found


def _around(numbers: Sequence[int], limit: int, width: int) -> dict[int, int]:
    starts = range(limit - PARTS * width, limit + PARTS * width, width)
    return {start: sum(start <= number < start + width for number in numbers) for start in starts}


def _bell(numbers: Sequence[int], lowest: int, limit: int, step: int) -> float:
    """The share that a normal distribution of this mean and spread has from `lowest` up to, not including, `limit`."""
    mean, spread = fmean(numbers), stdev(numbers)
    if not spread:
        return 0.0

    def below(number: float) -> float:
        return (1 + erf((number - step / 2 - mean) / spread / sqrt(2))) / 2

    return below(limit) - below(lowest)


def by_quantity(values: Mapping[Quantity, Sequence[tuple[date, int]]], limits: Iterable[Limit]) -> list[Habit]:
    """A habit for each of these quantities that has its own step, in the order in which Quantity names them."""
    rows = list(limits)
    return [
        habit_of(quantity, values[quantity], [row for row in rows if row.quantity == quantity])
        for quantity in Quantity
        if quantity in STEPS and quantity in values
    ]
