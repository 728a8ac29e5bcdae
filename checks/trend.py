"""The course of a value over the sessions, as places in a drawing. Pure: no database, no clock.

Each quantity has a drawing of its own (a blood pressure two), with what the practice's limits mark as bands behind it.
All places are text: a template would write 12,5 in Dutch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import formats

from checks.kinds import Quantity
from checks.limits import mark_of
from checks.models import Limit, Mark
from checks.reading import UNITS

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 16, 34
WIDTH_OF_A_DAY = 64
# The least that the axis spans, in base units, so that a small change does not look like a large one.
LEAST_SPAN = {
    Quantity.SYSTOLIC: 60,
    Quantity.DIASTOLIC: 50,
    Quantity.WEIGHT: 8_000,
    Quantity.BABY_WEIGHT: 2_000,
    Quantity.BABY_LENGTH: 100,
    Quantity.BABY_HEAD: 60,
}
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Point:
    """One value on its day, in base units."""

    day: date
    number: int


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    label: str
    mark: Mark

    @property
    def diamond(self) -> str:
        """The corners of the sign for a marked value: another shape, not only another colour."""
        x, y = float(self.x), float(self.y)
        return f"{x:.1f},{y - 8:.1f} {x + 8:.1f},{y:.1f} {x:.1f},{y + 8:.1f} {x - 8:.1f},{y:.1f}"


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place along that axis, and what stands there."""

    at: str
    label: str


@dataclass(frozen=True)
class Band:
    """Where the practice's limits mark a value, from one day of the drawing to another."""

    mark: Mark
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Trend:
    quantity: Quantity
    line: str
    dots: list[Dot]
    bands: list[Band]
    ticks: list[Tick]
    days: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def unit(self) -> str:
        return UNITS[self.quantity].name

    @property
    def summary(self) -> str:
        """The drawing in words, for who does not see it."""
        return ", ".join(dot.label for dot in self.dots)


def draw(quantity: Quantity, points: Sequence[Point], limits: Sequence[Limit]) -> Trend:
    """The drawing of these points, oldest first. `limits` are the rows of this quantity, in any order."""
    scale = _Scale(quantity, points)
    rows = sorted(limits, key=lambda limit: limit.valid_from)
    dots = [
        Dot(
            x=f"{scale.x(point.day):.1f}",
            y=f"{scale.y(point.number):.1f}",
            label=f"{formats.date_format(point.day, 'j b')}: {UNITS[quantity].write(point.number)}",
            mark=_mark_on(point, rows),
        )
        for point in points
    ]
    return Trend(
        quantity=quantity,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        dots=dots,
        bands=_bands(scale, rows),
        ticks=[Tick(f"{scale.y(number):.1f}", UNITS[quantity].write(number)) for number in scale.numbers()],
        days=_days(scale, points),
    )


class _Scale:
    """From days and numbers to places; the drawing spans what was measured, and never less than LEAST_SPAN."""

    def __init__(self, quantity: Quantity, points: Sequence[Point]) -> None:
        numbers = [point.number for point in points]
        missing = max(0, LEAST_SPAN.get(quantity, 1) - (max(numbers) - min(numbers)))
        self.step = next(step for step in STEPS if (max(numbers) - min(numbers) + missing) / step <= 5)
        self.low = max(0, (min(numbers) - missing // 2) // self.step * self.step)
        self.high = -(-(max(numbers) + missing // 2) // self.step) * self.step
        self.first, self.last = points[0].day, points[-1].day

    def x(self, day: date) -> float:
        days = (self.last - self.first).days
        inside = WIDTH - LEFT - RIGHT
        if days == 0:
            return LEFT + inside / 2
        share = min(1.0, max(0.0, (day - self.first).days / days))
        # Half a dot of room at both ends.
        return LEFT + 12 + share * (inside - 24)

    def y(self, number: int) -> float:
        share = min(1.0, max(0.0, (number - self.low) / (self.high - self.low)))
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def numbers(self) -> range:
        return range(self.low, self.high + 1, self.step)


def _mark_on(point: Point, rows: Sequence[Limit]) -> Mark:
    """What the row that held on the day of the point marks; `rows` are in the order of their days."""
    held = [row for row in rows if row.valid_from <= point.day]
    return mark_of(point.number, held[-1]) if held else Mark.NONE


def _days(scale: _Scale, points: Sequence[Point]) -> list[Tick]:
    """The days below the drawing, as many as stand beside each other without touching."""
    shown: list[tuple[float, date]] = []
    for day in sorted({point.day for point in points}):
        if not shown or scale.x(day) - shown[-1][0] >= WIDTH_OF_A_DAY:
            shown.append((scale.x(day), day))
    return [Tick(f"{at:.1f}", formats.date_format(day, "j b")) for at, day in shown]


def _bands(scale: _Scale, limits: Sequence[Limit]) -> list[Band]:
    """What each dated row marks, while it holds: it ends where the next one begins."""
    bands = []
    for index, limit in enumerate(limits):
        until = limits[index + 1].valid_from if index + 1 < len(limits) else None
        if (until is not None and until <= scale.first) or limit.valid_from > scale.last:
            continue
        start = LEFT if limit.valid_from <= scale.first else scale.x(limit.valid_from)
        end = WIDTH - RIGHT if until is None or until > scale.last else scale.x(until)
        for mark, low, high in _marked(limit):
            bottom, top = scale.y(scale.low if low is None else low), scale.y(scale.high if high is None else high)
            if bottom > top and end > start:
                bands.append(Band(mark, f"{start:.1f}", f"{top:.1f}", f"{end - start:.1f}", f"{bottom - top:.1f}"))
    return bands


def _marked(limit: Limit) -> list[tuple[Mark, int | None, int | None]]:
    """(mark, from, up to) of what a row marks; None is the edge of the drawing."""
    marked: list[tuple[Mark, int | None, int | None]] = []
    if limit.mark_from is not None:
        marked.append((Mark.OUTSIDE, limit.mark_from, limit.urgent_from))
    if limit.urgent_from is not None:
        marked.append((Mark.URGENT, limit.urgent_from, None))
    if limit.mark_below is not None:
        marked.append((Mark.OUTSIDE, None, limit.mark_below))
    return marked
