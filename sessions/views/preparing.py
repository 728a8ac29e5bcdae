"""Preparing an evening, on the spot or long before: topics and activities chosen from the library."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from practices.access import StaffRequest, practice_view
from practices.places import LEADERS
from sessions import plan
from sessions.evening import Refused
from sessions.library import ActivityFormat, LibraryTopic, Moment, found
from sessions.library_forms import FindForm, PlanItemForm
from sessions.models import GroupSession, PlanItem
from sessions.views.evening import Context, led
from sessions.views.library import by_theme


@practice_view(roles=LEADERS)
@require_GET
def choose_topics(request: StaffRequest, pk: int) -> HttpResponse:
    """The topics of the library for this kind of group; each goes onto the plan by `add_topic`."""
    here = led(request, pk)
    form = FindForm(request.GET)
    del form.fields["kind"]
    topics = LibraryTopic.objects.visible_to(request.membership).for_kind(here.group.kind).select_related("suggested")
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    themes = by_theme(found(topics, asked))
    context = {
        "session": here,
        "step": "circle",
        "form": form,
        "asked": asked,
        # The theme of this very session first: most of what is wanted stands under it.
        "themes": sorted(themes, key=lambda each: each[0] != here.theme),
        "on_the_plan": {title.casefold() for title in here.plan.topics().values_list("title", flat=True)},
        "closed_words": plan.why_not_prepared(here),
    }
    return render(request, "sessions/choose_topics.html", context)


@practice_view(roles=LEADERS)
def choose_activity(request: StaffRequest, pk: int, moment: str) -> HttpResponse:
    """Which activity the evening opens or closes with; `format` is its key, and nothing stands for none."""
    here = led(request, pk)
    if moment not in (Moment.OPENING, Moment.CLOSING):
        raise Http404
    formats = ActivityFormat.objects.visible_to(request.membership).meant_for(moment)
    trouble = ""
    if request.method == "POST":
        key = request.POST.get("format", "")
        chosen = get_object_or_404(formats, pk=key) if key.isdecimal() and len(key) < 18 else None
        try:
            plan.choose(here, moment, chosen, by=request.membership, now=timezone.now())
        except Refused as refused:
            trouble = refused.sentence
        else:
            messages.success(request, _said_of(moment, chosen))
            return redirect("sessions:circle", request.practice.slug, here.pk)
    context: Context = {
        "session": here,
        "step": "circle",
        "moment": moment,
        "formats": formats,
        "stands": here.plan.filter(moment=moment).first(),
        "closed_words": trouble or plan.why_not_prepared(here),
    }
    return render(request, "sessions/choose_activity.html", context, status=422 if trouble else 200)


def _said_of(moment: str, chosen: ActivityFormat | None) -> str:
    if chosen is None:
        return _("Without an opening activity.") if moment == Moment.OPENING else _("Without a closing activity.")
    return (_("Opens with: %(name)s.") if moment == Moment.OPENING else _("Closes with: %(name)s.")) % {"name": chosen}


@practice_view(roles=LEADERS)
def change_topic(request: StaffRequest, pk: int, topic: int) -> HttpResponse:
    """The title, activity format, time and materials of a topic on the plan."""
    here = led(request, pk)
    context: Context = {"session": here, "step": "circle"}
    item = get_object_or_404(here.plan.topics(), pk=topic)
    context |= {"topic": item.title, "closed_words": plan.why_not_prepared(here)}
    form = PlanItemForm(request.POST if request.method == "POST" else None, instance=item, by=request.membership)
    if request.method == "POST" and form.is_valid():
        return _kept(request, here, item, form, context)
    return render(request, "sessions/change_topic.html", context | {"form": form}, status=422 if form.errors else 200)


def _kept(
    request: StaffRequest, here: GroupSession, item: PlanItem, form: PlanItemForm, context: Context
) -> HttpResponse:
    try:
        changed = plan.change(item, by=request.membership, **form.about())
    except Refused as refused:
        context |= {"form": form, "closed_words": refused.sentence}
        return render(request, "sessions/change_topic.html", context, status=422)
    messages.success(request, _("%(topic)s is changed.") % {"topic": changed.title})
    return redirect("sessions:circle", request.practice.slug, here.pk)
