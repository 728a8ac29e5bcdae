"""What a participant measured over the sessions: a drawing for each quantity, and every reading in a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import formats

from checks.cells import values_of
from checks.growth import is_early, lines_of, z_score
from checks.kinds import CheckKind
from checks.limits import quantities
from checks.models import Limit, Measurement
from checks.reading import UNITS, written
from checks.trend import Point, Trend, draw
from participants.ages import weeks_and_days, weeks_old
from participants.models import Child


@dataclass(frozen=True)
class Reading:
    row: Measurement
    value: str
    # How far the baby is from WHO's median, and how old it was; empty for who is no baby, or has no table.
    z: str = ""
    age: str = ""


@dataclass(frozen=True)
class Course:
    """One kind of value of one person or baby, oldest first in the drawings and newest first in the table."""

    kind: CheckKind
    child: Child | None
    trends: list[Trend]
    readings: list[Reading]

    @property
    def unit(self) -> str:
        return UNITS[self.kind].name

    @property
    def has_lines(self) -> bool:
        """WHO's lines stand behind the values."""
        return any(trend.growth for trend in self.trends)

    @property
    def lacks_sex(self) -> bool:
        return self.child is not None and not self.child.sex

    @property
    def born_at(self) -> str:
        """How far the pregnancy was at an early birth, which WHO's lines know nothing of; else empty."""
        child = self.child
        return weeks_and_days(child.gestational_days_at_birth or 0) if child and is_early(child) else ""


def courses_of(rows: Iterable[Measurement], limits: Iterable[Limit]) -> list[Course]:
    """The courses in these standing rows, which come with their session and child; kinds in the order of the board."""
    limits = list(limits)
    found: dict[tuple[int, int], list[Measurement]] = {}
    order = list(CheckKind)
    for row in sorted(rows, key=lambda row: (row.session.starts_at, row.reading)):
        found.setdefault((row.child_id or 0, order.index(CheckKind(row.kind))), []).append(row)
    return [_course(found[key], limits) for key in sorted(found)]


def _course(rows: list[Measurement], limits: list[Limit]) -> Course:
    kind, child = CheckKind(rows[0].kind), rows[0].child
    last_of_a_day = {row.session.day: row for row in rows}
    numbers = [(row, quantities(kind, values_of(row))) for row in rows]
    trends = [
        draw(
            quantity,
            [
                Point(row.session.day, of_the_row[quantity], is_last=row is last_of_a_day[row.session.day])
                for row, of_the_row in numbers
            ],
            [limit for limit in limits if limit.quantity == quantity],
            growth=lines_of(quantity, child, last=rows[-1].session.day),
        )
        for quantity in quantities(kind, values_of(rows[0]))
        if quantity != "pulse"
    ]
    return Course(kind, child, trends, [_reading(row) for row in reversed(rows)])


def _reading(row: Measurement) -> Reading:
    child, day, value = row.child, row.session.day, written(CheckKind(row.kind), values_of(row))
    if child is None:
        return Reading(row, value)
    z = z_score(row.kind, row.value, child=child, day=day)
    return Reading(row, value, z=signed(z) if z is not None else "", age=weeks_old(child.born_on, day))


def signed(z: Decimal) -> str:
    """A score with its sign and one decimal, as the language writes it."""
    rounded = round(z, 1)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{formats.number_format(abs(rounded), 1)}"
