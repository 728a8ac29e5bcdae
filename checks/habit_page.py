"""The page of a group's habits of writing down: the counts of `checks.habits` in words and as places in a drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checks.cells import values_of
from checks.habits import LEAST, Habit, Share, UnderLimit, by_quantity
from checks.kinds import CheckKind, Quantity
from checks.limits import quantities
from checks.models import Limit, Measurement
from checks.reading import UNITS, with_unit
from groups.models import CareGroup
from practices.models import Membership

WIDTH, HEIGHT, TOP, FOOT = 640, 200, 22, 28
# Which digit counts, by the quantity's unit.
DIGITS = {
    "mmHg": gettext_lazy("last digit"),
    "kg": gettext_lazy("digit after the decimal mark"),
    "cm": gettext_lazy("digit after the decimal mark"),
    "g": gettext_lazy("digit of the tens of grams"),
}


@dataclass(frozen=True)
class Bar:
    """One bar; places are text, since a template would write 12,5 in Dutch."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str
    count: int
    # The one that the words are about.
    is_meant: bool

    @property
    def above(self) -> str:
        return f"{float(self.y) - 6:.1f}"


@dataclass(frozen=True)
class Bars:
    bars: list[Bar]
    # Where the number stands that chance would give, and from where to where it would.
    line: str = ""
    band_top: str = ""
    band_height: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def foot(self) -> int:
        return self.height - 8

    @property
    def summary(self) -> str:
        """The drawing in words, for who does not see it."""
        return ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars)


def draw_bars(counts: Sequence[tuple[str, int]], *, meant: int, chance: Share | None = None) -> Bars:
    """A bar for each count, that of number `meant` set apart, before what chance gives where it is the same for all."""
    highest = max([1, *(count for _label, count in counts), *([chance.high] if chance else [])])
    room, slot = HEIGHT - TOP - FOOT, WIDTH / len(counts)

    def y(count: float) -> float:
        return HEIGHT - FOOT - count / highest * room

    bars = [
        Bar(
            x=f"{index * slot + slot * 0.15:.1f}",
            y=f"{y(count):.1f}",
            width=f"{slot * 0.7:.1f}",
            height=f"{count / highest * room:.1f}",
            middle=f"{(index + 0.5) * slot:.1f}",
            label=label,
            count=count,
            is_meant=index == meant,
        )
        for index, (label, count) in enumerate(counts)
    ]
    if chance is None:
        return Bars(bars)
    height = (chance.high - chance.low) / highest * room
    return Bars(bars, f"{y(chance.expected * chance.of):.1f}", f"{y(chance.high):.1f}", f"{height:.1f}")


@dataclass(frozen=True)
class Under:
    """Values just under one limit, in words and as a drawing."""

    quantity: Quantity
    found: UnderLimit

    @property
    def title(self) -> str:
        return _("Just under %(limit)s") % {"limit": with_unit(self.quantity, self.found.limit)}

    @property
    def sentence(self) -> str:
        write = UNITS[self.quantity].write
        return _("%(count)d of %(of)d values (%(percent)d%%) lie from %(lowest)s up to %(limit)s.") % {
            "count": self.found.share.count,
            "of": self.found.share.of,
            "percent": self.found.share.percent,
            "lowest": write(self.found.lowest),
            "limit": write(self.found.limit),
        }

    @property
    def drawing(self) -> Bars:
        write = UNITS[self.quantity].write
        counts = [(write(start), count) for start, count in self.found.around.items()]
        return draw_bars(counts, meant=list(self.found.around).index(self.found.lowest))


@dataclass(frozen=True)
class Sheet:
    """One quantity of the page."""

    habit: Habit

    @property
    def title(self) -> str | Promise:
        return self.habit.quantity.label

    @property
    def digit(self) -> str | Promise:
        return DIGITS[UNITS[self.habit.quantity].name]

    @property
    def too_few(self) -> str:
        """Why there is nothing to see; empty where there is."""
        if self.habit.is_enough:
            return ""
        return _("%(count)d values so far. From %(least)d on there is something to say about them.") % {
            "count": self.habit.count,
            "least": LEAST,
        }

    @property
    def sentence(self) -> str:
        round_ones = self.habit.round
        return _("%(count)d of %(of)d values (%(percent)d%%) have 0 as the %(digit)s.") % {
            "count": round_ones.count,
            "of": round_ones.of,
            "percent": round_ones.percent,
            "digit": self.digit,
        }

    @property
    def drawing(self) -> Bars:
        counts = [(str(digit), each.count) for digit, each in enumerate(self.habit.digits)]
        return draw_bars(counts, meant=0, chance=self.habit.round)

    @property
    def under(self) -> list[Under]:
        return [Under(self.habit.quantity, found) for found in self.habit.under]


def sheets_of(group: CareGroup, membership: Membership) -> list[Sheet]:
    """A sheet for each quantity that was measured in this group, or in one that became one with it. Two queries.

    First readings only: a second is asked of those outside the limits, and would count them twice.
    """
    rows = Measurement.objects.visible_to(membership).standing().filter(reading=1)
    rows = rows.filter(Q(session__group=group) | Q(session__group__merged_into=group)).order_by()
    values: dict[Quantity, list[tuple[date, int]]] = {}
    for row in rows.select_related("session").only("kind", "value", "second_value", "session__starts_at"):
        day = timezone.localtime(row.session.starts_at).date()
        for quantity, number in quantities(CheckKind(row.kind), values_of(row)).items():
            values.setdefault(quantity, []).append((day, number))
    limits: Iterable[Limit] = Limit.objects.visible_to(membership)
    return [Sheet(habit) for habit in by_quantity(values, limits)]
