"""Giving people a place in a group that is planned."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import CareGroup, GroupEnded, GroupFull
from groups.placement import Candidate, Wanted, candidates, considered
from participants.access_log import record_access
from participants.models import Participant
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.planning import PlacedElsewhere, enrol_all

# More than this, and another letter of the name finds her sooner.
MOST_FOUND = 20


@practice_view(roles=PLANNERS)
def enrol(request: StaffRequest, pk: int) -> HttpResponse:
    """Who fits, who is looked up by name, and the button."""
    group = get_object_or_404(CareGroup.objects.editable_by(request.membership).alive(), pk=pk)
    if request.method == "POST" and "q" not in request.POST:
        return _enrol(request, group)
    return _page(request, group)


def _enrol(request: StaffRequest, group: CareGroup) -> HttpResponse:
    ticked = _ticked(request)
    people = Participant.objects.visible_to(request.membership).filter(pk__in=ticked)
    chosen = [one.participant for one in considered(people, Wanted.by(group)) if one.can_join]
    if not ticked:
        return _page(request, group, problem=_("Tick the people who get a place."))
    if len(chosen) < len(ticked):
        return _page(request, group, problem=_("Somebody you ticked cannot join any more. Look at the list again."))
    try:
        enrol_all(group, chosen, by=request.membership, now=timezone.now())
    except GroupFull:
        return _page(request, group, problem=_too_many(group, len(chosen)))
    except GroupEnded:
        messages.warning(request, _("The group was called off meanwhile. Nobody was enrolled."))
        return redirect("groups:group", request.practice.slug, group.pk)
    except PlacedElsewhere as refusal:
        words = _("%(name)s has got a place in another group meanwhile.")
        return _page(request, group, problem=words % {"name": refusal.participant.full_name})
    words = ngettext("%(count)d person has a place.", "%(count)d people have a place.", len(chosen))
    messages.success(request, words % {"count": len(chosen)})
    return redirect("groups:group", request.practice.slug, group.pk)


def _ticked(request: StaffRequest) -> set[int]:
    return {int(value) for value in request.POST.getlist("people") if value.isdecimal()}


def _too_many(group: CareGroup, wanted: int) -> str:
    left = max(group.maximum - group.enrolments.taking_a_place().count(), 0)
    if not left:
        return _("The group is full: the last place has just been taken. Nobody was enrolled.")
    told = {"left": left, "wanted": wanted}
    return _("You ticked %(wanted)s people and %(left)s places are left. Nobody was enrolled; tick fewer.") % told


def _page(request: StaffRequest, group: CareGroup, *, problem: str = "") -> HttpResponse:
    now, words = timezone.now(), request.POST.get("q", "").strip()
    wanted = Wanted.by(group)
    found: list[Candidate] = []
    if words:
        people = Participant.objects.visible_to(request.membership).named_like(words)[:MOST_FOUND]
        found = considered(people, wanted)
    fitting = candidates(request.membership, wanted)
    shown = [one.participant for one in [*found, *fitting]]
    record_access(dict.fromkeys(shown), by=request.membership, page="sessions:enrol", now=now)
    taken = group.enrolments.taking_a_place().count()
    context = {
        "group": group,
        "problem": problem,
        "words": words,
        "found": found,
        "fitting": fitting,
        "ticked": _ticked(request),
        "taken": taken,
        "places_left": max(group.maximum - taken, 0),
    }
    return render(request, "sessions/enrol.html", context, status=422 if problem else 200)
