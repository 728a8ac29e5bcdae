"""Groepen: what is planned for whom over the coming weeks."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from groups.kinds import BY_CODE, CHOICES
from groups.models import CareGroup
from participants.models import Language
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.planner import monday_of
from sessions.planner import planner as planner_of


@practice_view()
def planner(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    chosen = {
        "kind": _one_of(request.GET.get("kind"), list(BY_CODE)),
        "language": _one_of(request.GET.get("language"), Language.values),
    }
    filters = {name: value for name, value in chosen.items() if value}
    start = monday_of(_day(request.GET.get("from")) or today)
    groups = CareGroup.objects.visible_to(request.membership)
    groups = groups.filter(**{name: BY_CODE.get(value, value) for name, value in filters.items()})
    shown = planner_of(groups, request.membership, start=start, page=request.GET.get("page"), now=now)
    context = {
        "planner": shown,
        "chosen": chosen,
        "kinds": CHOICES,
        "languages": Language.choices,
        "is_now": start == monday_of(today),
        "filters": urlencode(filters),
        "query": urlencode({**filters, "from": start.isoformat()}),
        "may_plan": request.membership.has_any(PLANNERS),
    }
    return render(request, "sessions/planner.html", context)


def _one_of(value: str | None, known: list[str]) -> str:
    return value if value in known else ""


def _day(text: str | None) -> date | None:
    """The day in the address; anything else is today."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None
