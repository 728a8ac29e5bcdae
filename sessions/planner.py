"""The planner: a line per group over twelve weeks, with its sessions, its seats and what to worry about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import CareGroup, CareGroupQuerySet, Facilitation
from practices.models import Membership
from sessions.models import GroupSession

WEEKS = 12
GROUPS_ON_A_PAGE = 40
# When a group has to be large enough to go ahead (domain.md, 4).
GO_AHEAD = timedelta(weeks=3)


@dataclass(frozen=True)
class Chip:
    """One session on the line, in the week that is its column (1 to 12)."""

    session: GroupSession
    day: date
    week: int
    is_past: bool


@dataclass(frozen=True)
class Line:
    group: CareGroup
    leads: str
    chips: Sequence[Chip]
    warning: str
    is_full: bool


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
    """Lines of these groups over the weeks from the Monday `start`. Four queries, however many groups."""
    begins = _midnight(start)
    shown = _from_then_on(groups, begins)
    paginator: Paginator[CareGroup] = Paginator(shown, GROUPS_ON_A_PAGE)
    on_page = paginator.get_page(page)
    rows = list(on_page.object_list)
    sessions = GroupSession.objects.visible_to(membership).standing().filter(group__in=rows)
    by_group: dict[int, list[GroupSession]] = {}
    for session in sessions.starting_between(begins, _midnight(start + timedelta(weeks=WEEKS))).order_by("starts_at"):
        by_group.setdefault(session.group_id, []).append(session)
    return Planner(
        weeks=[start + timedelta(weeks=week) for week in range(WEEKS)],
        page=on_page,
        lines=[_line(group, by_group.get(group.pk, []), start=start, now=now) for group in rows],
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _from_then_on(groups: CareGroupQuerySet, begins: datetime) -> QuerySet[CareGroup]:
    """Groups that meet from this moment on, or have no dates yet; whoever meets first comes first."""
    sessions = GroupSession.objects.standing().filter(group=OuterRef("pk")).order_by("starts_at").values("starts_at")
    facilitations = Facilitation.objects.current().select_related("membership__user").order_by("-role")
    return (
        groups.alive()
        .with_seats()
        .annotate(first_at=Subquery(sessions[:1]), next_at=Subquery(sessions.filter(starts_at__gte=begins)[:1]))
        .filter(Q(next_at__isnull=False) | Q(first_at=None))
        .prefetch_related(Prefetch("facilitations", facilitations, to_attr="pair"))
        .order_by(F("next_at").asc(nulls_last=True), "pk")
    )


def _line(group: Any, sessions: Iterable[GroupSession], *, start: date, now: datetime) -> Line:
    return Line(
        group=group,
        leads=", ".join(lead.membership.user.name for lead in group.pair),
        chips=[
            Chip(session, session.day, (session.day - start).days // 7 + 1, session.ends_at < now)
            for session in sessions
        ],
        warning=too_small(group, first_at=group.first_at, taken=group.taken, now=now),
        is_full=group.taken >= group.maximum,
    )


def too_small(group: CareGroup, *, first_at: datetime | None, taken: int, now: datetime) -> str:
    """What to worry about three weeks before a group starts: fewer people than it needs. Empty when all is well."""
    if first_at is None or not now < first_at <= now + GO_AHEAD or taken >= group.minimum:
        return ""
    days = (timezone.localdate(first_at) - timezone.localdate(now)).days
    when = ngettext("Starts in %d day", "Starts in %d days", days) % days if days else _("Starts today")
    told = {"when": when, "taken": taken, "minimum": group.minimum}
    return _("%(when)s with %(taken)s of at least %(minimum)s people.") % told
