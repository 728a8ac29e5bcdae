"""The library of the practice: its activity formats and topics, to find, add, change and retire."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from groups.kinds import BY_CODE
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.clashes import constraint_of
from sessions.library import (
    FORMAT_NAME_TAKEN,
    TOPIC_TITLE_TAKEN,
    ActivityFormat,
    LibraryTopic,
    Moment,
    found,
)
from sessions.library_defaults import give_library
from sessions.library_forms import FindForm, FormatForm, LibraryTopicForm

# What the database says of a name that somebody else took at the same moment: which field it is about, and its words.
TAKEN = {
    "format_name_is_unique_in_a_library": ("name", FORMAT_NAME_TAKEN),
    "topic_title_is_unique_in_a_library": ("title", TOPIC_TITLE_TAKEN),
}


@practice_view(roles=PLANNERS)
@require_GET
def library(request: StaffRequest) -> HttpResponse:
    form = FindForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"q": "", "kind": ""}
    formats = list(ActivityFormat.objects.visible_to(request.membership))
    topics = list(LibraryTopic.objects.visible_to(request.membership).select_related("suggested"))
    shown = found(_in_use(formats), asked["q"])
    offered = [topic for topic in topics if not asked["kind"] or asked["kind"] in topic.kinds]
    context: dict[str, Any] = {
        "form": form,
        "is_filtered": any(asked.values()),
        "is_empty": not formats and not topics,
        "themes": by_theme(found(_in_use(offered), asked["q"])),
        "moments": [(moment, [row for row in shown if row.moment == moment]) for moment in Moment],
        "has_formats": bool(shown),
        "retired_topics": [topic for topic in topics if topic.retired_at],
        "retired_formats": [row for row in formats if row.retired_at],
    }
    return render(request, "sessions/library.html", context)


def by_theme(topics: list[LibraryTopic]) -> list[tuple[str, list[LibraryTopic]]]:
    return [(theme, list(rows)) for theme, rows in groupby(topics, key=lambda topic: topic.theme)]


def _in_use(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row.retired_at is None]


@practice_view(roles=PLANNERS)
@require_POST
def library_begin(request: StaffRequest) -> HttpResponse:
    """Take over the formats and topics that a new practice gets; sent twice nothing comes double."""
    give_library(request.practice)
    messages.success(request, _("The library is filled. Change what your practice does otherwise."))
    return redirect("sessions:library", request.practice.slug)


@practice_view(roles=PLANNERS)
def format_add(request: StaffRequest) -> HttpResponse:
    moment = request.GET.get("moment", "")
    new = ActivityFormat(
        practice=request.practice, moment=moment if moment in Moment.values else Moment.TOPIC, minutes=15
    )
    return _page(request, FormatForm, new)


@practice_view(roles=PLANNERS)
def activity_format(request: StaffRequest, pk: int) -> HttpResponse:
    formats = ActivityFormat.objects.editable_by(request.membership)
    return _page(request, FormatForm, get_object_or_404(_held(request, formats), pk=pk))


@practice_view(roles=PLANNERS)
def library_topic_add(request: StaffRequest) -> HttpResponse:
    kind = BY_CODE.get(request.GET.get("kind", ""))
    return _page(request, LibraryTopicForm, LibraryTopic(practice=request.practice, kinds=[kind] if kind else []))


@practice_view(roles=PLANNERS)
def library_topic(request: StaffRequest, pk: int) -> HttpResponse:
    topics = LibraryTopic.objects.editable_by(request.membership)
    return _page(request, LibraryTopicForm, get_object_or_404(_held(request, topics), pk=pk))


def _held(request: StaffRequest, rows: Any) -> Any:
    """Of two who save at once the second waits here, and then sees what the first has kept."""
    return rows.select_for_update(no_key=True) if request.method == "POST" else rows


def _page(request: StaffRequest, form_class: Callable[..., Any], row: ActivityFormat | LibraryTopic) -> HttpResponse:
    name = str(row)
    form = form_class(request.POST if request.method == "POST" else None, instance=row, by=request.membership)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                form.save()
        except IntegrityError as error:
            if constraint_of(error) not in TAKEN:
                raise
            form.add_error(*TAKEN[constraint_of(error)])
        else:
            messages.success(request, _("%(name)s is kept.") % {"name": row})
            return redirect("sessions:library", request.practice.slug)
    context = {"form": form, "row": row, "name": name, "is_format": isinstance(row, ActivityFormat)}
    return render(request, "sessions/library_row.html", context, status=422 if form.errors else 200)


@practice_view(roles=PLANNERS)
@require_POST
def format_retire(request: StaffRequest, pk: int) -> HttpResponse:
    return _retire(request, get_object_or_404(ActivityFormat.objects.editable_by(request.membership), pk=pk))


@practice_view(roles=PLANNERS)
@require_POST
def library_topic_retire(request: StaffRequest, pk: int) -> HttpResponse:
    return _retire(request, get_object_or_404(LibraryTopic.objects.editable_by(request.membership), pk=pk))


def _retire(request: StaffRequest, row: ActivityFormat | LibraryTopic) -> HttpResponse:
    """No longer offered, or (`act=reopen`) offered again; sent twice it stays as the first time left it."""
    if request.POST.get("act") == "reopen":
        row.retired_at, words = None, _("%(name)s is offered again.")
    else:
        row.retired_at = row.retired_at or timezone.now()
        words = _("%(name)s is no longer offered. Schedules and evenings that have it keep it.")
    row.save(update_fields=["retired_at"])
    messages.success(request, words % {"name": row})
    return redirect("sessions:library", request.practice.slug)
