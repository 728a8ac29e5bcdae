"""Planning a group: one page that shows what would come of it before anything is planned."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.kinds import BY_CODE, CODES
from groups.models import GroupFull
from participants.access_log import record_access
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.clashes import Clashes
from sessions.models import ScheduleTemplate
from sessions.planning import PlacedElsewhere
from sessions.planning_forms import (
    PlanForm,
    as_number,
    beginnings,
    kind_to_begin_with,
    with_choice,
    with_sizes_of_schedule,
)
from sessions.preview import Preview, preview_of
from sessions.schedule import NoOpenDay, OutOfOrder


@practice_view(roles=PLANNERS)
def plan(request: StaffRequest) -> HttpResponse:
    """The page, its preview while it is filled in, and the button."""
    now, membership = timezone.now(), request.membership
    kind = _kind(request)
    if request.method != "POST":
        begun = beginnings(membership, kind, now=now)
        return _page(request, PlanForm(initial=begun, membership=membership, kind=kind, now=now))
    given, takes = with_choice(request.POST)
    is_shown_only = bool(request.htmx) or "show" in request.POST or takes
    brings_sizes = False
    if is_shown_only:
        given, brings_sizes = with_sizes_of_schedule(given, membership)
    form = PlanForm(given, membership=membership, kind=kind, now=now)
    is_in_order = form.is_valid()
    if request.htmx:
        return _preview(request, form, brings_sizes=brings_sizes)
    if is_shown_only:
        return _page(request, form)
    # Sent twice, whoever was enrolled by the first no longer fits: the group comes before the form's objections.
    made = form.made_before
    if made:
        return redirect("groups:group", request.practice.slug, made.pk)
    return _carry_out(request, form) if is_in_order else _page(request, form, status=422)


def _carry_out(request: StaffRequest, form: PlanForm) -> HttpResponse:
    try:
        group = form.plan().carry_out(by=request.membership, now=form.now)
    except (Clashes, GroupFull, PlacedElsewhere, NoOpenDay, OutOfOrder) as refusal:
        form.add_error(*_in_words(refusal))
        return _page(request, form, status=422)
    enrolled = group.enrolments.enrolled().count()
    words = ngettext(
        "%(group)s is planned, with %(count)d person in it.",
        "%(group)s is planned, with %(count)d people in it.",
        enrolled,
    )
    messages.success(request, words % {"group": group.name, "count": enrolled})
    return redirect("groups:group", request.practice.slug, group.pk)


def _in_words(refusal: Exception) -> tuple[str | None, str]:
    """The field that a refusal is about, and what to do; the preview tells where the dates are in the way."""
    match refusal:
        case GroupFull():
            return "people", _("You ticked more people than there are places.")
        case PlacedElsewhere():
            told = {"name": refusal.participant.full_name}
            return "people", _("%(name)s has got a place in another group meanwhile.") % told
        case OutOfOrder():
            return None, _("Session %(number)s is not after the one before it.") % {"number": refusal.number}
        case Clashes() if not refusal.found:
            return None, _("Somebody planned at the same moment. Try again.")
    return None, _("Nothing is planned yet: something is in the way. Choose another day, time, room or person.")


def _kind(request: StaffRequest) -> str:
    """The kind that the form was made for, or that the address names; else what this practice plans most."""
    if request.POST.get("kind") in CODES:
        return request.POST["kind"]
    return BY_CODE.get(request.GET.get("kind", ""), kind_to_begin_with(request.practice))


def _page(request: StaffRequest, form: PlanForm, *, status: int = 200) -> HttpResponse:
    planned = set(ScheduleTemplate.objects.visible_to(request.membership).in_use().values_list("kind", flat=True))
    context = {
        "form": form,
        "preview": _looked_at(request, form),
        "kinds": [(code, kind) for code, kind in BY_CODE.items() if kind in planned],
        "has_schedule": form.group_kind in planned,
    }
    return render(request, "sessions/plan.html", context, status=status)


def _preview(request: StaffRequest, form: PlanForm, *, brings_sizes: bool) -> HttpResponse:
    """The part that changes while the page is filled in; a new schedule brings its sizes along."""
    # The session whose date was taken or given back keeps the focus, on what can be done now.
    touched = request.POST.get("take", "").partition("|")[0]
    context = {
        "form": form,
        "preview": _looked_at(request, form),
        "brings_sizes": brings_sizes,
        "touched": as_number(touched),
    }
    return render(request, "sessions/plan.html#answer", context)


def _looked_at(request: StaffRequest, form: PlanForm) -> Preview:
    preview = preview_of(form)
    people = [candidate.participant for candidate in preview.people]
    record_access(people, by=request.membership, page="sessions:plan", now=form.now)
    return preview
