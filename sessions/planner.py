"""The planner: a line per group over twelve weeks, with its sessions, its seats and what to worry about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import BY_ROLE, CareGroup, CareGroupQuerySet, Facilitation
from practices.models import Membership
from sessions.models import GroupSession

WEEKS = 12
GROUPS_ON_A_PAGE = 40
# When a group has to be large enough to go ahead (domain.md, 4).
GO_AHEAD = timedelta(weeks=3)


@dataclass(frozen=True, slots=True)
class Chip:
    """One session on the line, in the week that is its column (1 to 12). A page has hundreds: its words are ready."""

    pk: int
    day: date
    week: int
    is_past: bool
    weekday: str
    month: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Line:
    """One group: what it is and who leads it, its seats in words, its sessions, and what to worry about."""

    group: CareGroup
    about: str
    seats: str
    chips: Sequence[Chip]
    warning: str


@dataclass(frozen=True)
class Planner:
    """What the page shows: the Mondays of its weeks, and a line per group, soonest first."""

    weeks: Sequence[date]
    page: Page[CareGroup]
    lines: Sequence[Line]

    @property
    def earlier(self) -> date:
        return self.weeks[0] - timedelta(weeks=WEEKS)

    @property
    def last_day(self) -> date:
        return self.later - timedelta(days=1)

    @property
    def later(self) -> date:
        return self.weeks[0] + timedelta(weeks=WEEKS)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def planner(groups: CareGroupQuerySet, membership: Membership, *, start: date, page: Any, now: datetime) -> Planner:
    """Lines of these groups over the weeks from the Monday `start`.

    Three queries, however many groups there are; two more when they do not fit on one page.
    """
    on_page = _page(_from_then_on(groups, _midnight(start)), page)
    rows = list(on_page.object_list)
    chips, leads = _chips(rows, membership, start=start, now=now), _leads(rows)
    return Planner(
        weeks=[start + timedelta(weeks=week) for week in range(WEEKS)],
        page=on_page,
        lines=_lines(rows, membership, chips, leads, now=now),
    )


def _page(groups: QuerySet[CareGroup], number: Any) -> Page[CareGroup]:
    """One page of the groups; where all of them fit on one they are not counted first."""
    first = list(groups[: GROUPS_ON_A_PAGE + 1])
    fits = len(first) <= GROUPS_ON_A_PAGE
    paginator: Paginator[CareGroup] = Paginator(first if fits else groups, GROUPS_ON_A_PAGE)
    return paginator.get_page(number)


def _leads(groups: Sequence[CareGroup]) -> dict[int, list[str]]:
    """Who is meant to lead each of these groups now, the first facilitator first."""
    leads: dict[int, list[str]] = {}
    current = Facilitation.objects.current().filter(group__in=groups).order_by(BY_ROLE, "pk")
    for group, name in current.values_list("group", "membership__user__name"):
        leads.setdefault(group, []).append(name)
    return leads


def _chips(groups: Sequence[CareGroup], membership: Membership, *, start: date, now: datetime) -> dict[int, list[Chip]]:
    """The sessions of these groups in the weeks from `start`, by group. One query, and each word looked up once."""
    words, zone = _words_of_days(), timezone.get_current_timezone()
    sentence = _("Session %(number)s, %(day)s")
    sessions = GroupSession.objects.visible_to(membership).standing().filter(group__in=groups)
    sessions = sessions.starting_between(_midnight(start), _midnight(start + timedelta(weeks=WEEKS)))
    chips: dict[int, list[Chip]] = {}
    rows = sessions.order_by("starts_at").values_list("pk", "group", "number", "starts_at", "ends_at")
    for pk, group, number, starts_at, ends_at in rows:
        day = starts_at.astimezone(zone).date()
        weekday, short, month, short_month = words(day)
        chip = Chip(
            pk=pk,
            day=day,
            week=(day - start).days // 7 + 1,
            is_past=ends_at < now,
            weekday=short,
            month=short_month,
            spoken=sentence % {"number": number, "day": f"{weekday} {day.day} {month}"},
        )
        chips.setdefault(group, []).append(chip)
    return chips


def _words_of_days() -> Callable[[date], tuple[str, str, str, str]]:
    """Weekday and month of a day, in full and short, in the language that is active."""
    weekdays = {number: (str(WEEKDAYS[number]), str(WEEKDAYS_ABBR[number])) for number in range(7)}
    months = {number: (str(MONTHS[number]), str(MONTHS_AP[number])) for number in range(1, 13)}
    return lambda day: (*weekdays[day.weekday()], *months[day.month])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _from_then_on(groups: CareGroupQuerySet, begins: datetime) -> QuerySet[CareGroup]:
    """Groups that meet from this moment on, or have no dates yet; whoever meets first comes first."""
    sessions = GroupSession.objects.standing().filter(group=OuterRef("pk")).order_by("starts_at").values("starts_at")
    return (
        groups.alive()
        .with_seats()
        .annotate(first_at=Subquery(sessions[:1]), next_at=Subquery(sessions.filter(starts_at__gte=begins)[:1]))
        .filter(Q(next_at__isnull=False) | Q(first_at=None))
        .order_by(F("next_at").asc(nulls_last=True), "pk")
    )


def _lines(
    groups: Sequence[Any],
    membership: Membership,
    chips: Mapping[int, Sequence[Chip]],
    leads: Mapping[int, Sequence[str]],
    *,
    now: datetime,
) -> list[Line]:
    kinds = {value: str(label) for value, label in CareGroup.Kind.choices}
    seats, usual = _("%(filled)s of %(of)s seats"), membership.practice.language
    return [
        Line(
            group=group,
            about=" · ".join(
                [
                    kinds[group.kind],
                    *([] if group.language == usual else [group.get_language_display()]),
                    *([", ".join(leads[group.pk])] if group.pk in leads else []),
                ]
            ),
            seats=seats % {"filled": group.taken, "of": group.maximum},
            chips=chips.get(group.pk, []),
            warning=too_small(group, first_at=group.first_at, taken=group.taken, now=now),
        )
        for group in groups
    ]


def too_small(group: CareGroup, *, first_at: datetime | None, taken: int, now: datetime) -> str:
    """What to worry about three weeks before a group starts: fewer people than it needs. Empty when all is well."""
    if first_at is None or not now < first_at <= now + GO_AHEAD or taken >= group.minimum:
        return ""
    days = (timezone.localdate(first_at) - timezone.localdate(now)).days
    when = ngettext("Starts in %d day", "Starts in %d days", days) % days if days else _("Starts today")
    told = {"when": when, "taken": taken, "minimum": group.minimum}
    return _("%(when)s with %(taken)s of at least %(minimum)s people.") % told
