"""The evening itself: who comes in, what is talked about in the circle, who was seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from groups.models import CareGroup, Enrolment
from participants.access_log import record_access, record_first_look
from participants.models import Participant
from practices.access import StaffRequest, practice_view
from practices.places import LEADERS
from sessions import evening, plan
from sessions.company import babies_at
from sessions.evening import Refused
from sessions.evening_forms import NO, YES, ArrivalForm, NoteForm, TopicForm
from sessions.models import Attendance, GroupSession, PlanItem, TurnNote
from sessions.planning_forms import as_moment, as_number
from sessions.register import Register, register_of
from sessions.seats import outcomes_of, seats_of
from sessions.steps import right_step

Context = dict[str, Any]
MINUTE = timedelta(minutes=1)
ARRIVALS, CIRCLE = "sessions/arrivals.html", "sessions/circle.html"
NAMES = {ARRIVALS: "sessions:arrivals", CIRCLE: "sessions:circle"}


@practice_view()
@require_GET
def session(request: StaffRequest, pk: int) -> HttpResponse:
    """Wherever the evening is now."""
    here = _readable(request, pk)
    return redirect(right_step(here, request.membership, now=timezone.now()), request.practice.slug, here.pk)


@practice_view()
@require_GET
def arrivals(request: StaffRequest, pk: int) -> HttpResponse:
    """The register as circle and table; htmx asks again with the `version` that it shows, and mostly gets nothing."""
    here = _readable(request, pk)
    context = _arrivals_context(request, here, leads=here.is_run_by(request.membership))
    if request.htmx:
        return _unless_unchanged(request, f"{ARRIVALS}#register", context)
    record_access(context["register"].people, by=request.membership, page="sessions:arrivals", now=timezone.now())
    return render(request, ARRIVALS, context)


@practice_view(roles=LEADERS)
def arrival(request: StaffRequest, pk: int, seat: int) -> HttpResponse:
    """One seat: its own small page, and where a touch on it goes."""
    here = led(request, pk)
    place = _seat(here, seat)
    form = ArrivalForm(request.POST if request.method == "POST" else None, group=here.group)
    if request.method == "POST" and form.is_valid():
        return _record(request, here, place, form)
    if request.htmx:
        context = _arrivals_context(request, here, leads=True) | {"trouble": _("Choose what happened.")}
        return _fragment(request, f"{ARRIVALS}#register", context, status=422)
    record_access([place.participant], by=request.membership, page="sessions:arrival", now=timezone.now())
    stands = here.attendances.filter(enrolment=place).first()
    if stands and request.method == "GET":
        form.initial = {"outcome": stands.outcome, "with_partner": YES if stands.with_partner else NO}
    context = {"session": here, "step": "arrivals", "place": place, "stands": stands, "form": form}
    context["closed_words"] = evening.why_not_running(here, now=timezone.now())
    return render(request, "sessions/arrival.html", context, status=422 if form.errors else 200)


def _record(request: StaffRequest, here: GroupSession, place: Enrolment, form: ArrivalForm) -> HttpResponse:
    by, now, name = request.membership, timezone.now(), place.participant.given_name
    outcome, partner = form.cleaned_data["outcome"], form.partner
    # Where a wrong touch is undone, and with what: its moment, and the key of what stood before it, if anything.
    stood = here.attendances.filter(enrolment=place).first()
    fields = {"kept": str(evening.kept_of(stood).pk)} if stood else {}
    undo = {"url": reverse("sessions:undo_arrival", args=[request.practice.slug, here.pk, place.pk]), "fields": fields}

    def act() -> str:
        if outcome:
            row = evening.record_arrival(here, place, outcome, with_partner=partner, by=by, now=now)
            said = _what_stands(row, name)
        else:
            row = evening.record_partner(here, place, bool(partner), by=by, now=now)
            words = _("%(name)s: with partner.") if partner else _("%(name)s: without partner.")
            said = words % {"name": name}
        fields["at"] = row.recorded_at.isoformat()
        return said

    return _after_arrival(request, here, act, undo=undo)


@practice_view(roles=LEADERS)
@require_POST
def undo_arrival(request: StaffRequest, pk: int, seat: int) -> HttpResponse:
    """Nothing is recorded of her; with `kept`, what the history keeps under that key. `at` says of which touch."""
    here = led(request, pk)
    place = _seat(here, seat)
    at, name, kept = as_moment(request.POST.get("at", "")), place.participant.given_name, None
    if "at" in request.POST and at is None:
        raise Http404
    if "kept" in request.POST:
        key = as_number(request.POST["kept"])
        kept = evening.kept_as(key, here, place) if key else None
        if kept is None or at is None:
            raise Http404

    def act() -> str:
        by, now = request.membership, timezone.now()
        if kept and at:
            return _what_stands(evening.put_back(here, place, kept, at=at, by=by, now=now), name)
        evening.undo_arrival(here, place, at=at, now=now)
        return _("%(name)s: taken back.") % {"name": name}

    return _after_arrival(request, here, act)


@practice_view(roles=LEADERS)
@require_POST
def all_present(request: StaffRequest, pk: int) -> HttpResponse:
    here, now = led(request, pk), timezone.now()
    undo: Context = {}

    def act() -> str:
        count = evening.record_all_present(here, by=request.membership, now=now)
        if count:
            undo["url"] = reverse("sessions:undo_all_present", args=[request.practice.slug, here.pk])
            undo["fields"] = {"at": now.isoformat()}
        return ngettext("%(count)s person checked in.", "%(count)s people checked in.", count) % {"count": count}

    return _after_arrival(request, here, act, undo=undo)


@practice_view(roles=LEADERS)
@require_POST
def undo_all_present(request: StaffRequest, pk: int) -> HttpResponse:
    """Nothing is recorded of whom she checked in at the moment `at`, as far as nobody changed it since."""
    here, at = led(request, pk), as_moment(request.POST.get("at", ""))
    if at is None:
        return HttpResponseBadRequest()

    def act() -> str:
        count = evening.undo_all_present(here, at, by=request.membership, now=timezone.now())
        return ngettext("%(count)s person taken back.", "%(count)s people taken back.", count) % {"count": count}

    return _after_arrival(request, here, act)


@practice_view(roles=LEADERS)
@require_GET
def circle(request: StaffRequest, pk: int) -> HttpResponse:
    """The plan of the evening and the queue for being seen."""
    here = led(request, pk)
    if request.htmx:
        context = _queue_context(request, here)
        # Who names what stands in the register was shown it: where time has passed and no more, nobody is new.
        if not request.GET.get("version", "").startswith(context["register"].version):
            record_first_look(_shown_in(context), by=request.membership, page="sessions:circle", now=timezone.now())
        return _unless_unchanged(request, f"{CIRCLE}#queue", context)
    context = _circle_context(request, here)
    record_access(_shown_in(context), by=request.membership, page="sessions:circle", now=timezone.now())
    return render(request, CIRCLE, context)


TOPIC_ACTS = {"done": plan.mark_done, "postpone": plan.postpone, "undo": plan.undo}


@practice_view(roles=LEADERS)
@require_POST
def topic(request: StaffRequest, pk: int, topic: int) -> HttpResponse:
    """Done, postponed, or open again."""
    here = led(request, pk)
    change = TOPIC_ACTS.get(request.POST.get("act", ""))
    if change is None:
        raise Http404
    # The opening and the closing of an evening stay where they are.
    items = here.plan.topics() if change is plan.postpone else here.plan
    item = get_object_or_404(items.select_related("session"), pk=topic)

    def act() -> str:
        changed = change(item, by=request.membership, now=timezone.now())
        return _what_became_of(changed)

    return _after(request, here, act, CIRCLE, "plan", _circle_context)


@practice_view(roles=LEADERS)
@require_POST
def add_topic(request: StaffRequest, pk: int) -> HttpResponse:
    here = led(request, pk)
    form = TopicForm(request.POST)
    if not form.is_valid():
        context = _circle_context(request, here) | {"form": form}
        if request.htmx:
            return render(request, f"{CIRCLE}#plan", context, status=422)
        return _refused(request, CIRCLE, context)

    def act() -> str:
        added = plan.add_topic(here, form.cleaned_data["title"], by=request.membership, now=timezone.now())
        return _("%(topic)s: added.") % {"topic": added.title}

    return _after(request, here, act, CIRCLE, "plan", _circle_context, form=form)


@practice_view(roles=LEADERS)
@require_POST
def seen(request: StaffRequest, pk: int, seat: int) -> HttpResponse:
    """Seen one to one, or not after all (`undo`)."""
    here = led(request, pk)
    place = _seat(here, seat)
    name = place.participant.given_name

    def act() -> str:
        if "undo" in request.POST:
            evening.undo_seen(here, place, now=timezone.now())
            return _("%(name)s waits again.") % {"name": name}
        evening.mark_seen(here, place, by=request.membership, now=timezone.now())
        return _("%(name)s was seen.") % {"name": name}

    def context_of(request: StaffRequest, here: GroupSession) -> Context:
        context = _circle_context(request, here)
        record_first_look(_shown_in(context), by=request.membership, page="sessions:circle", now=timezone.now())
        return context

    return _after(request, here, act, CIRCLE, "queue", context_of)


@practice_view(roles=LEADERS)
def note(request: StaffRequest, pk: int, seat: int) -> HttpResponse:
    """What is noted of one person's turn; `act=seen` says in the same touch that it is over."""
    here, now, by = led(request, pk), timezone.now(), request.membership
    place = _seat(here, seat)
    record_access([place.participant], by=by, page="sessions:note", now=now)
    context: Context = {"session": here, "step": "circle", "place": place}
    try:
        kept = evening.note_of(here, place, by=by, now=now)
    except Refused as refused:
        stood = TurnNote.objects.visible_to(by).filter(session=here, enrolment=place).first()
        context |= {"trouble": refused.sentence, "stood": stood, "typed": request.POST.get("text", "")}
        return render(request, "sessions/note.html", context, status=422 if request.method == "POST" else 200)
    form = NoteForm(request.POST if request.method == "POST" else None, instance=kept)
    if request.method == "POST" and form.is_valid():
        form.save()
        words = _("The note about %(name)s is kept.") if kept.text else _("There is no note about %(name)s.")
        if request.POST.get("act") == "seen":
            evening.mark_seen(here, place, by=by, now=now)
        messages.success(request, words % {"name": place.participant.given_name})
        return redirect("sessions:circle", request.practice.slug, here.pk)
    context |= {"form": form, "is_seen": here.attendances.filter(enrolment=place, seen_at__isnull=False).exists()}
    return render(request, "sessions/note.html", context, status=422 if form.errors else 200)


def _readable(request: StaffRequest, pk: int) -> GroupSession:
    sessions = GroupSession.objects.visible_to(request.membership).select_related("group", "room")
    return get_object_or_404(sessions, pk=pk)


def led(request: StaffRequest, pk: int) -> GroupSession:
    """The session, for whoever leads its evening; a 404 for everybody else. A POST holds its row, to the end."""
    sessions = GroupSession.objects.editable_by(request.membership).select_related("group", "room")
    if request.method == "POST":
        # The view looks at what stands and takes its moment only then: of two acts the later one has the later moment.
        sessions = sessions.select_for_update(of=("self",), no_key=True)
    return get_object_or_404(sessions, pk=pk)


def _seat(here: GroupSession, seat: int) -> Enrolment:
    """A place in the group, also of somebody who has left it: what to say then is the act's."""
    return get_object_or_404(here.group.enrolments.exclude(enrolled_at=None).select_related("participant"), pk=seat)


def _arrivals_context(request: StaffRequest, here: GroupSession, *, leads: bool) -> Context:
    # Taken before the rows are read: whatever is shown is at least as new.
    at = time.time_ns()
    register = register_of(here, with_measured=leads)
    closed_words = evening.why_not_running(here, now=timezone.now())
    may_enter = leads and not closed_words
    guests, babies = here.guests.here().count(), babies_at(here)
    return {
        "session": here,
        "step": "arrivals",
        "guests": guests,
        "babies": babies,
        "at": at,
        "register": register,
        "leads": leads,
        "closed_words": closed_words,
        "may_enter": may_enter,
        "version": f"{register.version}{may_enter:d}-{guests}-{babies}",
        "seats": seats_of(register, here, slug=request.practice.slug, may_enter=may_enter),
        "outcomes": outcomes_of(here.group),
    }


def _queue_context(request: StaffRequest, here: GroupSession) -> Context:
    at, now = time.time_ns(), timezone.now()
    register = register_of(here, with_measured=False, notes_for=request.membership)
    closed_words = evening.why_not_running(here, now=now)
    minutes = max(0, (now - here.starts_at) // MINUTE)
    return {
        "session": here,
        "at": at,
        "register": register,
        "closed_words": closed_words,
        "may_enter": not closed_words,
        "version": f"{register.version}{not closed_words:d}{minutes}",
        "minutes": minutes,
        "round_ends_at": evening.end_of_round(here, len(register.waiting), now=now),
        "waiting": [(row, (now - row.arrived_at) // MINUTE) for row in register.waiting if row.arrived_at],
    }


def _circle_context(request: StaffRequest, here: GroupSession) -> Context:
    return {
        **_queue_context(request, here),
        "step": "circle",
        "one_to_one": here.group.kind != CareGroup.Kind.THEME,
        "course": plan.course_of(here),
        "may_prepare": not plan.why_not_prepared(here),
        "form": TopicForm(),
    }


def _shown_in(context: Context) -> list[Participant]:
    """Whose turn and note the circle shows."""
    register: Register = context["register"]
    return [row.person for row in register.rows if row.is_here]


def _after_arrival(
    request: StaffRequest, here: GroupSession, act: Callable[[], str], *, undo: Context | None = None
) -> HttpResponse:
    def context_of(request: StaffRequest, here: GroupSession) -> Context:
        return _arrivals_context(request, here, leads=True) | {"undo": undo}

    return _after(request, here, act, ARRIVALS, "register", context_of)


def _after(
    request: StaffRequest,
    here: GroupSession,
    act: Callable[[], str],
    page: str,
    part: str,
    context_of: Callable[[StaffRequest, GroupSession], Context],
    *,
    form: TopicForm | None = None,
) -> HttpResponse:
    """Do it and show what is so now: the part of the page to htmx, else the page.

    With 422 when it was refused, and then with what was typed in `form`.
    """
    said = trouble = ""
    try:
        said = act()
    except Refused as refused:
        trouble = refused.sentence
        # Somebody else may have closed it since this page was asked for.
        here.refresh_from_db()
    if not trouble and not request.htmx:
        messages.success(request, said)
        return redirect(NAMES[page], request.practice.slug, here.pk)
    context = context_of(request, here) | {"said": said, "trouble": trouble}
    if trouble and form:
        context["form"] = form
    if request.htmx:
        return _fragment(request, f"{page}#{part}", context, status=422 if trouble else 200)
    return _refused(request, page, context)


def _refused(request: StaffRequest, page: str, context: Context) -> HttpResponse:
    """The whole page with what is wrong: whom it shows is noted as when it is asked for."""
    people = context["register"].people if page == ARRIVALS else _shown_in(context)
    record_access(people, by=request.membership, page=NAMES[page], now=timezone.now())
    return render(request, page, context, status=422)


def _unless_unchanged(request: StaffRequest, template: str, context: Context) -> HttpResponse:
    if request.GET.get("version") == context["version"]:
        return HttpResponse(status=204)
    return _fragment(request, template, context)


def _fragment(request: StaffRequest, template: str, context: Context, *, status: int = 200) -> HttpResponse:
    """Part of the page, with its age: static/js/evening.js leaves out an answer that was overtaken on the way."""
    response = render(request, template, context, status=status)
    response["X-As-Of"] = str(context["at"])
    return response


def _what_stands(row: Attendance, name: str) -> str:
    words = _("%(name)s: %(outcome)s, with partner.") if row.with_partner else _("%(name)s: %(outcome)s.")
    return words % {"name": name, "outcome": row.get_outcome_display()}


def _what_became_of(topic: PlanItem) -> str:
    if topic.done_at:
        return _("%(topic)s: done.") % {"topic": topic.title}
    if topic.postponed_at is None:
        return _("%(topic)s: open again.") % {"topic": topic.title}
    later = plan.next_session(topic.session)
    if later is None:
        return _("%(topic)s: postponed. There is no later session in this group.") % {"topic": topic.title}
    if hasattr(topic, "carried_to"):
        words = _("%(topic)s: postponed to session %(number)s.")
    else:
        words = _("%(topic)s: postponed. Session %(number)s has a topic with this title already.")
    return words % {"topic": topic.title, "number": later.number}
