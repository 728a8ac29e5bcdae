"""Moving, cancelling, replacing and reopening sessions: first who will be told what, then the button."""

from __future__ import annotations

from copy import copy
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from practices.access import StaffRequest, practice_view
from practices.models import Room
from practices.places import PLANNERS
from sessions.changing_forms import CancelForm, MoveForm, put_on, with_opening
from sessions.clashes import Clash, Clashes
from sessions.events import consequences_of
from sessions.models import GroupSession
from sessions.moving import (
    CannotChange,
    Fixed,
    StaysOff,
    as_replacement,
    cancel,
    move,
    reopen,
    replace,
    why_fixed,
    why_not_reopened,
)
from sessions.wording import day_in_words


@practice_view(roles=PLANNERS)
def move_session(request: StaffRequest, pk: int) -> HttpResponse:
    now, session = timezone.now(), _session(request, pk)
    why = why_fixed(session)
    if why:
        return refused(request, session, why)
    given, takes = with_opening(request.POST)
    sent = given if request.method == "POST" else put_on(session, request.GET.get("day"))
    form = MoveForm(sent, session=session, membership=request.membership, now=now)
    is_in_order = request.method == "POST" and form.is_valid()
    if is_in_order and not request.htmx and "show" not in request.POST and not takes:
        return _move(request, session, form)
    return _move_page(request, session, form)


def _move(request: StaffRequest, session: GroupSession, form: MoveForm) -> HttpResponse:
    try:
        moved = move(form.moves, by=request.membership, now=form.now)
    except CannotChange as refusal:
        return refused(request, session, refusal.why)
    except Clashes as refusal:
        _say(form, refusal)
        return _move_page(request, session, form)
    told = {"number": session.number, "day": day_in_words(moved[0].day), "count": len(moved)}
    if len(moved) == 1:
        messages.success(request, _("Session %(number)s is on %(day)s now.") % told)
    else:
        messages.success(request, _("%(count)s sessions have moved, from session %(number)s on %(day)s on.") % told)
    return redirect("sessions:series", request.practice.slug, session.group_id)


def _move_page(request: StaffRequest, session: GroupSession, form: MoveForm) -> HttpResponse:
    """The page, or the part of it that says what the move would come to."""
    proposed = form.moves if form.is_bound and form.is_valid() else []
    changes = {_in_room(move.session, move.room): move.starts_at for move in proposed}
    context = {
        "session": session,
        "group": session.group,
        "form": form,
        "proposed": proposed,
        "consequences": consequences_of(session.group, changes, now=form.now) if proposed else [],
    }
    if request.htmx:
        return render(request, "sessions/move.html#outcome", context)
    is_refused = request.method == "POST" and form.errors
    return render(request, "sessions/move.html", context, status=422 if is_refused else 200)


def _in_room(session: GroupSession, room: Room | None) -> GroupSession:
    """The session as it would be in this room; the one of the page stays where it is."""
    proposed = copy(session)
    proposed.room = room
    return proposed


@practice_view(roles=PLANNERS)
def cancel_session(request: StaffRequest, pk: int) -> HttpResponse:
    """Call a session off, and plan another in its place if that is wanted."""
    now, session = timezone.now(), _session(request, pk)
    why = why_fixed(session)
    if why:
        return refused(request, session, why)
    given, takes = with_opening(request.POST)
    form = CancelForm(
        given if request.method == "POST" else None, session=session, membership=request.membership, now=now
    )
    is_in_order = form.is_bound and form.is_valid()
    if is_in_order and not request.htmx and "show" not in request.POST and not takes:
        return _cancel(request, session, form)
    return _cancel_page(request, session, form)


def _cancel(request: StaffRequest, session: GroupSession, form: CancelForm) -> HttpResponse:
    told = {"number": session.number, "day": day_in_words(form.replacement.day if form.replacement else session.day)}
    try:
        if form.replacement:
            replace(form.replacement, by=request.membership, now=form.now)
        else:
            cancel(session, by=request.membership, now=form.now)
    except CannotChange as refusal:
        return refused(request, session, refusal.why)
    except Clashes as refusal:
        _say(form, refusal)
        return _cancel_page(request, session, form)
    if form.replacement:
        messages.success(request, _("Session %(number)s is cancelled; another one on %(day)s is in its place.") % told)
    else:
        messages.success(request, _("Session %(number)s is cancelled.") % told)
    return redirect("sessions:series", request.practice.slug, session.group_id)


def _cancel_page(request: StaffRequest, session: GroupSession, form: CancelForm) -> HttpResponse:
    """The page, or the part of it that says what would follow."""
    there = form.replacement if not form.errors else None
    changes: dict[GroupSession, datetime | None] = {session: None}
    if there:
        changes[as_replacement(there)] = there.starts_at
    context = {
        "session": session,
        "group": session.group,
        "form": form,
        "proposed": [there] if there else [],
        "consequences": [] if form.errors else consequences_of(session.group, changes, now=form.now),
    }
    if request.htmx:
        return render(request, "sessions/cancel.html#outcome", context)
    return render(request, "sessions/cancel.html", context, status=422 if form.errors else 200)


def _say(form: MoveForm, refusal: Clashes) -> None:
    """What is in the way by now, at its fields."""
    form.say(refusal.found)
    if not refusal.found:
        form.add_error(None, _("Somebody planned at the same moment. Try again."))


@practice_view(roles=PLANNERS)
def reopen_session(request: StaffRequest, pk: int) -> HttpResponse:
    now, session = timezone.now(), _session(request, pk)
    why = why_not_reopened(session, now=now)
    if why:
        return refused(request, session, why)
    found: list[Clash] = []
    if request.method == "POST":
        try:
            reopen(session, by=request.membership, now=now)
        except CannotChange as refusal:
            return refused(request, session, refusal.why)
        except Clashes as refusal:
            found = refusal.found.get(session.number, [])
        else:
            messages.success(request, _("Session %(number)s takes place after all.") % {"number": session.number})
            return redirect("sessions:series", request.practice.slug, session.group_id)
    context = {
        "session": session,
        "group": session.group,
        "clashes": found,
        "refused": request.method == "POST",
        "consequences": consequences_of(session.group, {session: session.starts_at}, now=now),
    }
    return render(request, "sessions/reopen.html", context, status=422 if context["refused"] else 200)


def _session(request: StaffRequest, pk: int) -> GroupSession:
    rows = GroupSession.objects.plannable_by(request.membership).select_related("group", "room", "practice")
    return get_object_or_404(rows, pk=pk)


def refused(request: StaffRequest, session: GroupSession, why: Fixed | StaysOff) -> HttpResponse:
    words: dict[Fixed | StaysOff, str] = {
        Fixed.CANCELLED: _("This session is cancelled already."),
        Fixed.CLOSED: _("This session is closed. What happened stays as it was."),
        Fixed.BEGUN: _("People came to this session, so it stays where it is."),
        StaysOff.STANDS: _("This session takes place already."),
        StaysOff.OVER: _("The time of this session has passed."),
        StaysOff.REPLACED: _("Another session has this number by now."),
    }
    messages.warning(request, words[why])
    return redirect("sessions:series", request.practice.slug, session.group_id)
