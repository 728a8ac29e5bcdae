"""The course of a value over the sessions, as places in a drawing. Pure: no database, no clock.

Each quantity has a drawing of its own (a blood pressure two), with what the practice's limits mark as bands behind it,
and the growth of a baby with WHO's lines, from birth on.
All places are text: a template would write 12,5 in Dutch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

from django.utils import formats

from checks.growth import Lines
from checks.kinds import Quantity
from checks.limits import mark_of
from checks.models import Limit, Mark
from checks.reading import UNITS

WIDTH, HEIGHT = 640, 220
# Five lines and their scores need more room than a band.
HEIGHT_OF_GROWTH = 340
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 16, 34
WIDTH_OF_A_DAY = 84
# The least that the axis spans, in base units, so that a small change does not look like a large one.
LEAST_SPAN = {
    Quantity.SYSTOLIC: 60,
    Quantity.DIASTOLIC: 50,
    Quantity.WEIGHT: 8_000,
    Quantity.BABY_WEIGHT: 2_000,
    Quantity.BABY_LENGTH: 100,
    Quantity.BABY_HEAD: 60,
}
# The lines of WHO's table that are drawn, in standard deviations, and through how many days.
SCORES = (-2, -1, 0, 1, 2)
CORNERS = 40
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Point:
    """One value on its day, in base units. The line goes through the last of each day."""

    day: date
    number: int
    is_last: bool = True


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    label: str
    mark: Mark

    @property
    def spoken(self) -> str:
        return self.label if self.mark == Mark.NONE else f"{self.label}, {self.mark.label}"

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
class Curve:
    """A line of WHO's table: the corners it goes through, and its score beside its end."""

    points: str
    end: Tick


@dataclass(frozen=True)
class Growth:
    """WHO's lines from the lowest score to the highest, and the corners of the fields between them, widest first."""

    curves: list[Curve]
    fields: list[str]


@dataclass(frozen=True)
class Trend:
    quantity: Quantity
    line: str
    dots: list[Dot]
    bands: list[Band]
    ticks: list[Tick]
    days: list[Tick]
    growth: Growth | None
    height: int
    # Some day has readings beside the line.
    has_others: bool
    width: int = WIDTH

    @property
    def unit(self) -> str:
        return UNITS[self.quantity].name

    @property
    def foot(self) -> int:
        """Where the days stand."""
        return self.height - 12

    @property
    def summary(self) -> str:
        """The drawing in words, for who does not see it."""
        return ", ".join(dot.spoken for dot in self.dots)


def draw(quantity: Quantity, points: Sequence[Point], limits: Sequence[Limit], *, growth: Lines | None = None) -> Trend:
    """The drawing of these points, oldest first. `limits` are the rows of this quantity, in any order."""
    scale = _Scale(quantity, points, growth)
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
        line=" ".join(f"{dot.x},{dot.y}" for dot, point in zip(dots, points, strict=True) if point.is_last),
        dots=dots,
        bands=_bands(scale, rows),
        ticks=[Tick(f"{scale.y(number):.1f}", UNITS[quantity].write(number)) for number in scale.numbers()],
        days=_days(scale, [*(point.day for point in points), *([growth.child.born_on] if growth else [])]),
        growth=_growth(scale, growth) if growth else None,
        height=scale.height,
        has_others=not all(point.is_last for point in points),
    )


class _Scale:
    """From days and numbers to places; the drawing spans what was measured, and never less than LEAST_SPAN."""

    def __init__(self, quantity: Quantity, points: Sequence[Point], growth: Lines | None = None) -> None:
        numbers = [point.number for point in points]
        self.first, self.last = points[0].day, points[-1].day
        self.height = HEIGHT_OF_GROWTH if growth else HEIGHT
        if growth:
            self.first, self.last = growth.child.born_on, growth.last
            numbers += [floor(growth.at(SCORES[0], self.first)), ceil(growth.at(SCORES[-1], self.last))]
        missing = max(0, LEAST_SPAN.get(quantity, 1) - (max(numbers) - min(numbers)))
        self.step = next(step for step in STEPS if (max(numbers) - min(numbers) + missing) / step <= 5)
        self.low = max(0, (min(numbers) - missing // 2) // self.step * self.step)
        self.high = -(-(max(numbers) + missing // 2) // self.step) * self.step

    def x(self, day: date) -> float:
        days = (self.last - self.first).days
        inside = WIDTH - LEFT - RIGHT
        if days == 0:
            return LEFT + inside / 2
        share = min(1.0, max(0.0, (day - self.first).days / days))
        # Half a dot of room at both ends.
        return LEFT + 12 + share * (inside - 24)

    def y(self, number: float) -> float:
        share = min(1.0, max(0.0, (number - self.low) / (self.high - self.low)))
        return self.height - BOTTOM - share * (self.height - TOP - BOTTOM)

    def numbers(self) -> range:
        return range(self.low, self.high + 1, self.step)


def _mark_on(point: Point, rows: Sequence[Limit]) -> Mark:
    """What the row that held on the day of the point marks; `rows` are in the order of their days."""
    held = [row for row in rows if row.valid_from <= point.day]
    return mark_of(point.number, held[-1]) if held else Mark.NONE


def _growth(scale: _Scale, lines: Lines) -> Growth:
    """WHO's lines over the whole drawing, each through so many days."""
    span = (scale.last - scale.first).days
    days = [scale.first + timedelta(days=span * step // CORNERS) for step in range(CORNERS + 1)]
    places = {z: [(scale.x(day), scale.y(lines.at(z, day))) for day in days] for z in SCORES}
    curves = [
        Curve(_corners(places[z]), Tick(f"{places[z][-1][1]:.1f}", f"{z:+d}".replace("-", "−") if z else "0"))
        for z in SCORES
    ]
    pairs = [(SCORES[index], SCORES[-1 - index]) for index in range(len(SCORES) // 2)]
    return Growth(curves, [_corners(places[low] + places[high][::-1]) for low, high in pairs])


def _corners(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _days(scale: _Scale, days: Iterable[date]) -> list[Tick]:
    """The days below the drawing, as many as stand beside each other without touching."""
    shown: list[tuple[float, date]] = []
    for day in sorted(set(days)):
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
