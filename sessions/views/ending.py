"""Calling a group off, letting it go on after all, and making two groups one: first who will be told what."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from groups.models import CareGroup, Enrolment, GroupFull
from participants.access_log import record_access
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.advice import NEAR
from sessions.clashes import Clashes
from sessions.ending import CannotEnd, Return, Stays, cancel_group, reopen_group, to_call_off, why_not_ended
from sessions.events import consequences_of
from sessions.merging import DoNotMatch, merge, others_for


@practice_view(roles=PLANNERS)
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Call the group off, with all that is still to come."""
    now, group = timezone.now(), _group(request, pk)
    why = why_not_ended(group)
    if why:
        return _refused(request, group, why)
    if request.method == "POST":
        try:
            cancel_group(group, by=request.membership, now=now)
        except CannotEnd as refusal:
            return _refused(request, group, refusal.why)
        messages.success(request, _("%(group)s is called off.") % {"group": group.name})
        return redirect("groups:group", request.practice.slug, group.pk)
    sessions = to_call_off(group, now=now)
    places = _places(request, group, "sessions:cancel_group")
    context = {
        "group": group,
        "sessions": sessions,
        "on_the_way": [place for place in places if place.state != Enrolment.State.ENROLLED],
        "consequences": consequences_of(group, dict.fromkeys(sessions), now=now),
    }
    return render(request, "sessions/cancel_group.html", context)


@practice_view(roles=PLANNERS)
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a group that was called off go on, as far as nothing is in the way by now."""
    now, group = timezone.now(), _group(request, pk)
    try:
        if request.method == "POST":
            reopen_group(group, by=request.membership, now=now)
            messages.success(request, _("%(group)s goes on after all.") % {"group": group.name})
            return redirect("sessions:series", request.practice.slug, group.pk)
        coming = Return.of(group, now=now)
    except CannotEnd as refusal:
        return _refused(request, group, refusal.why)
    except Clashes:
        coming = Return.of(group, now=now)
    people = {place.participant for place in coming.places}
    record_access(people, by=request.membership, page="sessions:reopen_group", now=now)
    told = consequences_of(group, {each: each.starts_at for each in coming.back}, now=now)
    context = {
        "group": group,
        "coming": coming,
        "clashes": [clash for found in coming.in_the_way.values() for clash in found],
        "refused": request.method == "POST",
        "consequences": [one for one in told if one.person in people],
    }
    return render(request, "sessions/reopen_group.html", context, status=422 if context["refused"] else 200)


@practice_view(roles=PLANNERS)
def merge_group(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose the group in which everybody of this one goes on."""
    now, group = timezone.now(), _group(request, pk)
    why = why_not_ended(group)
    if why:
        return _refused(request, group, why)
    others = others_for(group, request.membership, now=now)
    asked = request.POST.get("into") or request.GET.get("into")
    chosen = next((each.group for each in others if each.fits and str(each.group.pk) == asked), None)
    problem = "" if chosen or request.method != "POST" else _("Choose the group in which they go on.")
    # Another one may have been ticked since the page said who will be told: then it says so again first.
    if chosen and request.POST.get("really") == str(chosen.pk):
        try:
            merge(group, chosen, by=request.membership, now=now)
        except CannotEnd as refusal:
            return _refused(request, refusal.group, refusal.why)
        except (GroupFull, DoNotMatch):
            problem = _("%(group)s has changed meanwhile, and they no longer fit in it.") % {"group": chosen.name}
        else:
            words = _("Everybody of %(group)s goes on in %(other)s.") % {"group": group.name, "other": chosen.name}
            messages.success(request, words)
            return redirect("groups:group", request.practice.slug, chosen.pk)
    places = _places(request, group, "sessions:merge")
    joining = [place for place in places if place.state == Enrolment.State.ENROLLED]
    far = [each for each in others if not each.is_near]
    context = {
        "group": group,
        "near": [each for each in others if each.is_near],
        "far": far,
        "chosen_is_far": chosen in [each.group for each in far],
        "weeks": NEAR.days // 7,
        "chosen": chosen,
        "problem": problem,
        "sessions": to_call_off(group, now=now),
        "consequences": consequences_of(chosen, {}, joining=joining, now=now) if chosen and joining else [],
        "waiting": [place.participant for place in places if place.state != Enrolment.State.ENROLLED],
    }
    return render(request, "sessions/merge.html", context, status=422 if problem else 200)


def _group(request: StaffRequest, pk: int) -> CareGroup:
    return get_object_or_404(CareGroup.objects.editable_by(request.membership).select_related("practice"), pk=pk)


def _places(request: StaffRequest, group: CareGroup, page: str) -> list[Enrolment]:
    """Everybody who has a place or may get one; that they were shown is written down."""
    places = list(group.enrolments.involved().select_related("participant", "practice"))
    people = [place.participant for place in places]
    record_access(people, by=request.membership, page=page, now=timezone.now())
    return places


def _refused(request: StaffRequest, group: CareGroup, why: Stays) -> HttpResponse:
    told = {"group": group.name}
    words = {
        Stays.ENDED: _("%(group)s is called off already.") % told,
        Stays.OPEN: _("People came to a session of %(group)s that is not closed yet. Close it first.") % told,
        Stays.STANDS: _("%(group)s is not called off.") % told,
        Stays.MERGED: _("The people of %(group)s are in another group now.") % told,
        Stays.OVER: _("None of the sessions of %(group)s is still to come.") % told,
    }
    messages.warning(request, words[why])
    return redirect("sessions:series", request.practice.slug, group.pk)
