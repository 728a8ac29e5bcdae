"""The schedule templates of the practice: a list, and a page for each with all of its sessions."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from groups.kinds import BY_CODE
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.clashes import constraint_of
from sessions.planning_forms import kind_to_begin_with
from sessions.schedule import Step
from sessions.schedule_forms import USUAL_SIZES, Sheet
from sessions.schedule_templates import TEMPLATE_NAME_TAKEN, ScheduleTemplate
from sessions.step_forms import PlanSheet
from sessions.templates import lines_of


@practice_view(roles=PLANNERS)
def schedules(request: StaffRequest) -> HttpResponse:
    lines = lines_of(request.membership)
    context = {
        "kinds": [
            (code, kind, [line for line in lines if line.template.kind == kind and not line.template.retired_at])
            for code, kind in BY_CODE.items()
        ],
        "retired": [line for line in lines if line.template.retired_at],
    }
    return render(request, "sessions/schedules.html", context)


@practice_view(roles=PLANNERS)
def schedule_add(request: StaffRequest) -> HttpResponse:
    """A template from nothing; `?kind=` says for which kind of group."""
    kind = BY_CODE.get(request.GET.get("kind", ""), kind_to_begin_with(request.practice))
    minimum, target, maximum = USUAL_SIZES[kind]
    new = ScheduleTemplate(practice=request.practice, kind=kind, minimum=minimum, target=target, maximum=maximum)
    return _page(request, new, [])


@practice_view(roles=PLANNERS)
def schedule_copy(request: StaffRequest, pk: int) -> HttpResponse:
    """A new template that begins as another one is."""
    copied = get_object_or_404(ScheduleTemplate.objects.visible_to(request.membership), pk=pk)
    new = ScheduleTemplate(
        practice=request.practice,
        name=_("%(name)s, copy") % {"name": copied.name[:70]},
        kind=copied.kind,
        minimum=copied.minimum,
        target=copied.target,
        maximum=copied.maximum,
        school_weeks=copied.school_weeks,
    )
    return _page(request, new, copied.copied_steps())


@practice_view(roles=PLANNERS)
def schedule(request: StaffRequest, pk: int) -> HttpResponse:
    templates = ScheduleTemplate.objects.editable_by(request.membership)
    if request.method == "POST":
        # Of two who save at once the second waits here, and then sees what the first has kept.
        templates = templates.select_for_update(no_key=True)
    template = get_object_or_404(templates, pk=pk)
    return _page(request, template, template.copied_steps())


def _page(request: StaffRequest, template: ScheduleTemplate, steps: Sequence[Step]) -> HttpResponse:
    """The page of a template: shown, given another row, or kept."""
    is_reshaped = "add" in request.POST or "remove" in request.POST
    is_kept = request.method == "POST" and not is_reshaped
    sheet = Sheet(template, by=request.membership, steps=steps, data=request.POST if is_kept else None)
    if is_reshaped:
        sheet.retype(request.POST)
    elif is_kept and sheet.is_valid():
        try:
            sheet.save()
        except IntegrityError as error:
            if constraint_of(error) != "template_name_is_unique_in_a_practice":
                raise
            sheet.head.add_error("name", TEMPLATE_NAME_TAKEN)
        else:
            messages.success(request, _("%(name)s is kept.") % {"name": template.name})
            return redirect("sessions:schedules", request.practice.slug)
    context = {"sheet": sheet, "is_removed": "remove" in request.POST}
    if is_reshaped and request.htmx:
        return render(request, "sessions/schedule.html#sessions", context)
    return render(request, "sessions/schedule.html", context, status=422 if is_kept else 200)


@practice_view(roles=PLANNERS)
def schedule_session(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """The plan of one session of a template: shown, given another topic, or kept."""
    template = get_object_or_404(ScheduleTemplate.objects.editable_by(request.membership), pk=pk)
    steps = template.steps.select_related("template")
    is_reshaped = not {"add", "remove", "up"}.isdisjoint(request.POST)
    is_kept = request.method == "POST" and not is_reshaped
    if is_kept:
        # Of two who save at once the second waits here, and then sees what the first has kept.
        steps = steps.select_for_update(of=("self",), no_key=True)
    step = get_object_or_404(steps, number=number)
    sheet = PlanSheet(step, by=request.membership, data=request.POST if is_kept else None)
    if is_reshaped:
        sheet.retype(request.POST)
    elif is_kept and sheet.is_valid():
        sheet.save()
        messages.success(request, _("The plan of session %(number)s is kept.") % {"number": number})
        return redirect("sessions:schedule", request.practice.slug, pk)
    elif is_kept and sheet.trouble:
        sheet.accept_what_is_kept()
    context = {"sheet": sheet, "template": template, "step": step}
    if is_reshaped and request.htmx:
        return render(request, "sessions/schedule_session.html#plan", context)
    return render(request, "sessions/schedule_session.html", context, status=422 if is_kept else 200)


@practice_view(roles=PLANNERS)
@require_POST
def schedule_retire(request: StaffRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(ScheduleTemplate.objects.editable_by(request.membership), pk=pk)
    # Sent twice it stays retired since the first time.
    template.retired_at = template.retired_at or timezone.now()
    template.save(update_fields=["retired_at"])
    words = _("%(name)s is no longer offered. Groups that were planned with it keep their dates.")
    messages.success(request, words % {"name": template.name})
    return redirect("sessions:schedules", request.practice.slug)


@practice_view(roles=PLANNERS)
@require_POST
def schedule_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(ScheduleTemplate.objects.editable_by(request.membership), pk=pk)
    template.retired_at = None
    template.save(update_fields=["retired_at"])
    messages.success(request, _("%(name)s is offered again.") % {"name": template.name})
    return redirect("sessions:schedules", request.practice.slug)
