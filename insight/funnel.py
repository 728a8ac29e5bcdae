"""How people come into groups and stay: the enrolment funnel and the seats taken, as aggregates of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup, CareGroupQuerySet, Enrolment
from practices.models import Membership
from sessions.models import Attendance, GroupSession

A_YEAR = timedelta(days=365)


class Period(models.TextChoices):
    """Which groups count, by their sessions."""

    NOW = "now", _("running or to come")
    YEAR = "year", _("met in the last year, or to come")
    ALL = "all", _("all")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """How many of everybody invited came at least this far."""

    label: str | Promise
    number: int
    invited: int

    @property
    def percent(self) -> int:
        return round(100 * self.number / self.invited) if self.invited else 0


@dataclass(frozen=True, kw_only=True)
class Funnel:
    kind: str
    label: str | Promise
    stages: Sequence[Stage]


STAGES: list[tuple[str, Promise]] = [
    ("invited", _("Invited")),
    ("enrolled", _("Enrolled")),
    ("came", _("Came at least once")),
    ("came_to_most", _("Came to most sessions")),
    ("completed", _("Completed the series")),
]


def groups_of(membership: Membership, *, period: str, kind: str = "", now: datetime) -> CareGroupQuerySet:
    """Groups that this member of staff may open. A merged one is left out: its people are counted where they went."""
    sessions = GroupSession.objects.filter(group=OuterRef("pk"))
    groups: CareGroupQuerySet = (
        CareGroup.objects.visible_to(membership)
        .filter(merged_into=None)
        .annotate(
            first_at=Subquery(sessions.order_by("starts_at").values("starts_at")[:1]),
            last_at=Subquery(sessions.standing().order_by("-ends_at").values("ends_at")[:1]),
        )
    )
    if kind:
        groups = groups.filter(kind=kind)
    # Without sessions that stand a group has yet to begin, or was cancelled.
    if period == Period.NOW:
        groups = groups.alive().filter(Q(last_at__gt=now) | Q(last_at=None))
    elif period == Period.YEAR:
        groups = groups.filter(Q(last_at__gt=now - A_YEAR) | Q(last_at=None, created_at__gt=now - A_YEAR))
    return groups


def funnels(groups: CareGroupQuerySet, *, now: datetime) -> list[Funnel]:
    """One funnel per kind of group, from one query. Each stage is a part of the one before it.

    Invited is everybody with a row, those who declined or left included. Enrolled: had a place at any time. Came: was
    at one session or more. Came to most: at more than half of the sessions of the series. Completed: that, and still
    enrolled when the last session was over.
    """
    enrolled = Q(enrolled_at__isnull=False)
    came_to_most = enrolled & Q(twice_present__gt=F("sessions"))
    rows = (
        _with_attendance(groups)
        .values("group__kind")
        .annotate(
            invited=Count("pk"),
            enrolled=Count("pk", filter=enrolled),
            came=Count("pk", filter=enrolled & Q(twice_present__gt=0)),
            came_to_most=Count("pk", filter=came_to_most),
            completed=Count("pk", filter=came_to_most & Q(state=Enrolment.State.ENROLLED, last_at__lte=now)),
        )
        .order_by()
    )
    by_kind: dict[str, dict[str, Any]] = {row["group__kind"]: dict(row) for row in rows}
    return [
        Funnel(
            kind=kind,
            label=label,
            stages=[
                Stage(label=words, number=by_kind[kind][name], invited=by_kind[kind]["invited"])
                for name, words in STAGES
            ],
        )
        for kind, label in CareGroup.Kind.choices
        if kind in by_kind
    ]


def _with_attendance(groups: CareGroupQuerySet) -> QuerySet[Enrolment]:
    """Every enrolment of these groups, with twice the sessions she came to, and the length and end of the series."""
    came = Attendance.objects.who_came().filter(enrolment=OuterRef("pk"), session__cancelled_at=None)
    sessions = GroupSession.objects.standing().filter(group=OuterRef("group"))
    return Enrolment.objects.filter(group__in=groups.values("pk")).annotate(
        twice_present=2 * _count_of(came, "enrolment"),
        sessions=_count_of(sessions, "group"),
        last_at=Subquery(sessions.order_by("-ends_at").values("ends_at")[:1]),
    )


def with_fill(groups: CareGroupQuerySet) -> CareGroupQuerySet:
    """The groups by their first session, each with `taken`: places that are enrolled or held by an offer."""
    return groups.with_seats().order_by(F("first_at").asc(nulls_last=True), "pk")


def seats_of(groups: CareGroupQuerySet) -> tuple[int, int]:
    """How many places of these groups are taken, and how many there are."""
    taken = Enrolment.objects.taking_a_place().filter(group__in=groups.values("pk")).count()
    return taken, groups.aggregate(there=Sum("maximum"))["there"] or 0


def _count_of(rows: QuerySet[Any], outer: str) -> Coalesce:
    """How many of the rows, already filtered by OuterRef, hang on the outer row; `outer` names the reference to it.

    Without a join, which would double the rows of another one.
    """
    counted = rows.order_by().values(outer).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
