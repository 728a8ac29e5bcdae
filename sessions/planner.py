"""The planner: a line per group over twelve weeks, with its sessions, its seats and what to worry about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Min, Q, QuerySet, Window
from django.utils import timezone
from django.utils.translation import gettext as _

from groups.leading import missing_interpreter
from groups.models import BY_ROLE, CareGroup, CareGroupQuerySet, Facilitation
from practices.models import Membership
from sessions.advice import places_taken, too_small
from sessions.chips import Chip, chips_of
from sessions.choice import Choice
from sessions.models import GroupSession
from sessions.working_days import working_days

WEEKS = 12
GROUPS_ON_A_PAGE = 20
ROLES = Facilitation.Role.values


@dataclass(frozen=True, slots=True)
class Line:
    """One group: what it is and who leads it, its seats in words, its sessions, and what to worry about."""

    group: CareGroup
    about: str
    taken: int
    seats: str
    chips: Sequence[Chip]
    worries: Sequence[str]


@dataclass(frozen=True)
class Planner:
    """What the page shows: the Mondays of its weeks, and a line per group, soonest first."""

    weeks: Sequence[date]
    page: Page[CareGroup]
    lines: Sequence[Line]

    @property
    def first(self) -> date:
        return self.weeks[0]

    @property
    def last(self) -> date:
        return self.later - timedelta(days=1)

    @property
    def earlier(self) -> date:
        return self.weeks[0] - timedelta(weeks=WEEKS)

    @property
    def later(self) -> date:
        return self.weeks[0] + timedelta(weeks=WEEKS)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def planner(membership: Membership, choice: Choice, *, start: date, page: Any, now: datetime) -> Planner:
    """Lines of the groups that she may see and chose, over the weeks from the Monday `start`.

    Eleven queries at most, however many groups there are.
    """
    begins, end = midnight(start), start + timedelta(weeks=WEEKS)
    groups = choice.groups(CareGroup.objects.visible_to(membership), begins=begins)
    on_page = _page_of(_from_then_on(groups, begins), page)
    rows = list(on_page.object_list)
    sessions = GroupSession.objects.visible_to(membership).standing().filter(group__in=rows)
    chips: dict[int, list[Chip]] = defaultdict(list)
    closed = working_days(membership.practice, start, end).closed
    for chip in chips_of(sessions.starting_between(begins, midnight(end)), closed=closed, now=now):
        chips[chip.group].append(chip)
    return Planner(
        weeks=[start + timedelta(weeks=week) for week in range(WEEKS)],
        page=on_page,
        lines=_lines(rows, membership, chips, now=now),
    )


def _page_of(groups: QuerySet[CareGroup], asked: Any) -> Page[CareGroup]:
    """The page that was asked for, the nearest there is. One query, counted in it; three for a page too far."""
    paginator = Paginator(groups, GROUPS_ON_A_PAGE)
    number = int(asked) if str(asked).isdecimal() else 1
    begins = GROUPS_ON_A_PAGE * (max(number, 1) - 1)
    rows: list[Any] = list(groups.annotate(all_in_all=Window(Count("pk")))[begins : begins + GROUPS_ON_A_PAGE])
    if not rows:
        return paginator.get_page(asked)
    paginator.count = rows[0].all_in_all
    return Page(rows, max(number, 1), paginator)


def _from_then_on(groups: CareGroupQuerySet, begins: datetime) -> QuerySet[CareGroup]:
    """Groups that meet from this moment on, or have no dates yet; whoever meets first comes first."""
    standing = Q(sessions__cancelled_at=None)
    return (
        groups.alive()
        .annotate(
            first_at=Min("sessions__starts_at", filter=standing),
            next_at=Min("sessions__starts_at", filter=standing & Q(sessions__starts_at__gte=begins)),
        )
        .filter(Q(next_at__isnull=False) | Q(first_at=None))
        .order_by(F("next_at").asc(nulls_last=True), "pk")
    )


def _lines(
    groups: Sequence[Any], membership: Membership, chips: Mapping[int, Sequence[Chip]], *, now: datetime
) -> list[Line]:
    kinds = {value: str(label) for value, label in CareGroup.Kind.choices}
    seats, usual = _("%(filled)s of %(of)s seats"), membership.practice.language
    leads, uninterpreted = _leads(groups), _uninterpreted(groups, usual)
    counted = places_taken([group.pk for group in groups])
    taken = {group.pk: counted.get(group.pk, 0) for group in groups}
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
            taken=taken[group.pk],
            seats=seats % {"filled": taken[group.pk], "of": group.maximum},
            chips=chips.get(group.pk, []),
            worries=_worries(group, taken[group.pk], chips.get(group.pk, []), uninterpreted.get(group.pk), now=now),
        )
        for group in groups
    ]


def _leads(groups: Sequence[CareGroup]) -> dict[int, list[str]]:
    """Who is meant to lead each of these groups now, the first facilitator first."""
    leads: dict[int, list[str]] = {}
    current = Facilitation.objects.current().filter(group__in=groups).order_by("pk")
    # Put in order here: Django takes long to write such an order down.
    rows = sorted(current.values_list("role", "group", "membership__user__name"), key=lambda row: ROLES.index(row[0]))
    for _role, group, name in rows:
        leads.setdefault(group, []).append(name)
    return leads


def _uninterpreted(groups: Sequence[CareGroup], usual: str) -> dict[int, str]:
    """What those of these groups that speak another language lack. One query, none where all speak the usual one."""
    foreign = [group for group in groups if group.language != usual]
    leads = defaultdict(list)
    if foreign:
        current = Facilitation.objects.current().filter(group__in=foreign).order_by(BY_ROLE, "pk")
        for each in current.select_related("membership__user"):
            leads[each.group_id].append((each.role, each.membership))
    return {group.pk: missing_interpreter(group.language, usual=usual, leads=leads[group.pk]) for group in foreign}


def _worries(group: Any, taken: int, chips: Sequence[Chip], uninterpreted: str | None, *, now: datetime) -> list[str]:
    """What to worry about in the group, and then in each of its sessions that the page shows."""
    small = too_small(minimum=group.minimum, first_at=group.first_at, taken=taken, now=now)
    of_sessions = [f"{chip.spoken}: {words}" for chip in chips for words in chip.worries]
    return [*(words for words in (small, uninterpreted) if words), *of_sessions]
