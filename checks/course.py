"""What a participant measured over the sessions: a drawing for each quantity, and every reading in a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from checks.cells import values_of
from checks.kinds import CheckKind
from checks.limits import quantities
from checks.models import Limit, Measurement
from checks.reading import UNITS, written
from checks.trend import Point, Trend, draw
from participants.models import Child


@dataclass(frozen=True)
class Reading:
    row: Measurement
    value: str


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


def courses_of(rows: Iterable[Measurement], limits: Iterable[Limit]) -> list[Course]:
    """The courses in these standing rows, which come with their session and child; kinds in the order of the board."""
    limits = list(limits)
    found: dict[tuple[int, int], list[Measurement]] = {}
    order = list(CheckKind)
    for row in sorted(rows, key=lambda row: (row.session.starts_at, row.reading)):
        found.setdefault((row.child_id or 0, order.index(CheckKind(row.kind))), []).append(row)
    return [_course(found[key], limits) for key in sorted(found)]


def _course(rows: list[Measurement], limits: list[Limit]) -> Course:
    kind = CheckKind(rows[0].kind)
    last_of_a_day = {row.session.day: row for row in rows}
    numbers = [(day, quantities(kind, values_of(row))) for day, row in last_of_a_day.items()]
    trends = [
        draw(
            quantity,
            [Point(day, of_the_day[quantity]) for day, of_the_day in numbers],
            [limit for limit in limits if limit.quantity == quantity],
        )
        for quantity in quantities(kind, values_of(rows[0]))
        if quantity != "pulse"
    ]
    readings = [Reading(row, written(kind, values_of(row))) for row in reversed(rows)]
    return Course(kind, rows[0].child, trends, readings)
