"""Groepen: what is planned for whom, over the coming weeks or as a calendar, and what to do about small groups."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.advice import advice_for, advise, starts_of
from sessions.agenda import agenda
from sessions.choice import choice_of
from sessions.planner import midnight, monday_of
from sessions.planner import planner as planner_of

# More at once helps nobody: the soonest are decided first.
MOST_ADVICE = 12
# (name in the address, label)
VIEWS = [("", _("Twelve weeks")), ("week", _("Week")), ("month", _("Month"))]


@practice_view()
def planner(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    on = _day(request.GET.get("on")) or today
    view = request.GET.get("view", "")
    view = view if view in dict(VIEWS) else ""
    choice = choice_of(request.GET.dict(), request.membership, day=today)
    may_plan = request.membership.has_any(PLANNERS)
    context = {
        "choice": choice,
        "view": view,
        "views": VIEWS,
        "on": on,
        "query": urlencode(choice.query),
        "may_plan": may_plan,
    }
    if view:
        context["shown"] = shown = agenda(request.membership, choice, is_month=view == "month", on=on, now=now)
        context["is_now"] = shown.first <= today <= shown.last
        return render(request, "sessions/agenda.html", context)
    context["shown"] = lines_shown = planner_of(
        request.membership, choice, start=monday_of(on), page=request.GET.get("page"), now=now
    )
    context["is_now"] = monday_of(on) == monday_of(today)
    context["page_query"] = urlencode({**choice.query, "on": on.isoformat()})
    if may_plan:
        chosen = choice.groups(CareGroup.objects.visible_to(request.membership), begins=midnight(today))
        counted = {line.group.pk: line.taken for line in lines_shown.lines}
        context["advice"] = advise(starts_of(chosen, counted=counted, now=now), most=MOST_ADVICE, now=now)
    return render(request, "sessions/planner.html", context)


@practice_view(roles=PLANNERS)
def advice(request: StaffRequest, pk: int) -> HttpResponse:
    """What to do about this group before it begins: a page, and a fragment of the group's own page."""
    now = timezone.now()
    groups = CareGroup.objects.visible_to(request.membership)
    group = get_object_or_404(groups, pk=pk)
    alike = groups.filter(kind=group.kind, language=group.language)
    one = advice_for(group, starts_of(alike, now=now), now=now)
    page = "sessions/advice.html#advice" if request.htmx else "sessions/advice.html"
    return render(request, page, {"group": group, "one": one})


def _day(text: str | None) -> date | None:
    """The day in the address; anything else is today."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None
