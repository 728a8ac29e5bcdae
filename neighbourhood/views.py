from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from groups.models import CareGroup
from neighbourhood.finding import matching
from neighbourhood.forms import (
    NAME_TAKEN,
    TIED_ALREADY,
    TITLE_TAKEN,
    ActivityForm,
    FindForm,
    MeetingForm,
    NoteForm,
    PartnerForm,
)
from neighbourhood.models import Activity, Meeting, NotOnOffer, Partner
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.models import GroupSession

PARTNERS_A_PAGE = 24


@practice_view()
def list_partners(request: StaffRequest) -> HttpResponse:
    form = FindForm(request.GET)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    partners = Partner.objects.visible_to(request.membership).with_activities(request.membership)
    partners = partners.ended() if asked.get("ended") else partners.active()
    if asked.get("kind"):
        partners = partners.filter(kind=asked["kind"])
    page = Paginator(matching(partners, asked.get("q", "")), PARTNERS_A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "asked": asked, "page_obj": page, "query": query.urlencode()}
    return render(request, "neighbourhood/list.html", {**context, "is_filtered": any(asked.values())})


@practice_view(roles=PLANNERS)
def add_partner(request: StaffRequest) -> HttpResponse:
    partner = Partner(practice=request.practice)
    data = request.POST if request.method == "POST" else None
    form = PartnerForm(data, instance=partner, membership=request.membership)
    if form.is_valid() and _saved(form, "name", NAME_TAKEN):
        messages.success(request, _("%(name)s is a partner now.") % {"name": partner})
        return redirect("neighbourhood:partner", request.practice.slug, partner.pk)
    return _form_page(request, form, "neighbourhood/partner_form.html")


@practice_view()
def show_partner(request: StaffRequest, pk: int) -> HttpResponse:
    partner = get_object_or_404(Partner.objects.visible_to(request.membership), pk=pk)
    activities = list(Activity.objects.visible_to(request.membership).filter(partner=partner))
    to_come = (
        Meeting.objects.visible_to(request.membership)
        .to_come(timezone.now())
        .filter(activity__partner=partner)
        .select_related("activity", "session__group")
        .order_by("session__starts_at", "pk")
    )
    context = {
        "partner": partner,
        "on_offer": [activity for activity in activities if activity.ended_at is None],
        "ended": [activity for activity in activities if activity.ended_at],
        "meetings": to_come,
    }
    return render(request, "neighbourhood/partner.html", context)


@practice_view(roles=PLANNERS)
def edit_partner(request: StaffRequest, pk: int) -> HttpResponse:
    partner = get_object_or_404(Partner.objects.editable_by(request.membership), pk=pk)
    data = request.POST if request.method == "POST" else None
    form = PartnerForm(data, instance=partner, membership=request.membership)
    if form.is_valid() and _saved(form, "name", NAME_TAKEN):
        messages.success(request, _("Saved."))
        return redirect("neighbourhood:partner", request.practice.slug, partner.pk)
    return _form_page(request, form, "neighbourhood/partner_form.html", partner=partner)


@practice_view(roles=PLANNERS)
def end_partner(request: StaffRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    partner = get_object_or_404(Partner.objects.editable_by(request.membership), pk=pk)
    if request.method == "POST":
        partner.end(now=now)
        messages.success(request, _("%(name)s has ended.") % {"name": partner})
        return redirect("neighbourhood:partner", request.practice.slug, partner.pk)
    meetings = Meeting.objects.editable_by(request.membership).filter(activity__partner=partner)
    return _end_page(request, meetings.to_come(now).select_related("activity", "session__group"), partner=partner)


@practice_view(roles=PLANNERS)
@require_POST
def resume_partner(request: StaffRequest, pk: int) -> HttpResponse:
    partner = get_object_or_404(Partner.objects.editable_by(request.membership), pk=pk)
    partner.resume()
    messages.success(request, _("%(name)s is a partner again.") % {"name": partner})
    return redirect("neighbourhood:partner", request.practice.slug, partner.pk)


@practice_view(roles=PLANNERS)
def add_activity(request: StaffRequest, pk: int) -> HttpResponse:
    partner = get_object_or_404(Partner.objects.editable_by(request.membership).active(), pk=pk)
    activity = Activity(practice=request.practice, partner=partner)
    form = ActivityForm(request.POST if request.method == "POST" else None, instance=activity)
    if form.is_valid() and _saved(form, "title", TITLE_TAKEN):
        messages.success(request, _("%(title)s is on offer.") % {"title": activity})
        return redirect("neighbourhood:partner", request.practice.slug, partner.pk)
    return _form_page(request, form, "neighbourhood/activity_form.html", partner=partner)


@practice_view(roles=PLANNERS)
def edit_activity(request: StaffRequest, pk: int) -> HttpResponse:
    activities = Activity.objects.editable_by(request.membership).select_related("partner")
    activity = get_object_or_404(activities, pk=pk)
    form = ActivityForm(request.POST if request.method == "POST" else None, instance=activity)
    if form.is_valid() and _saved(form, "title", TITLE_TAKEN):
        messages.success(request, _("Saved."))
        return redirect("neighbourhood:partner", request.practice.slug, activity.partner_id)
    context = {"partner": activity.partner, "activity": activity}
    return _form_page(request, form, "neighbourhood/activity_form.html", **context)


@practice_view(roles=PLANNERS)
def end_activity(request: StaffRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    activity = get_object_or_404(Activity.objects.editable_by(request.membership).select_related("partner"), pk=pk)
    if request.method == "POST":
        activity.end(now=now)
        messages.success(request, _("%(name)s has ended.") % {"name": activity})
        return redirect("neighbourhood:partner", request.practice.slug, activity.partner_id)
    meetings = Meeting.objects.editable_by(request.membership).filter(activity=activity).to_come(now)
    meetings = meetings.select_related("activity", "session__group")
    return _end_page(request, meetings, partner=activity.partner, activity=activity)


@practice_view(roles=PLANNERS)
@require_POST
def resume_activity(request: StaffRequest, pk: int) -> HttpResponse:
    activity = get_object_or_404(Activity.objects.editable_by(request.membership), pk=pk)
    activity.resume()
    messages.success(request, _("%(title)s is on offer.") % {"title": activity})
    return redirect("neighbourhood:partner", request.practice.slug, activity.partner_id)


@practice_view()
def show_group(request: StaffRequest, pk: int) -> HttpResponse:
    """The sessions of a group with what is tied to them."""
    group = get_object_or_404(CareGroup.objects.visible_to(request.membership), pk=pk)
    chosen = {"session": request.GET.get("session")}
    form = MeetingForm(initial=chosen, group=group, membership=request.membership, now=timezone.now())
    return _group_page(request, group, form)


@practice_view(roles=PLANNERS)
@require_POST
def tie(request: StaffRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(CareGroup.objects.editable_by(request.membership), pk=pk)
    form = MeetingForm(request.POST, group=group, membership=request.membership, now=timezone.now())
    if not form.is_valid() or not _tied(form):
        return _group_page(request, group, form)
    messages.success(request, _("Tied to the session."))
    return redirect("neighbourhood:group", request.practice.slug, group.pk)


@practice_view(roles=PLANNERS)
def edit_note(request: StaffRequest, pk: int) -> HttpResponse:
    meetings = Meeting.objects.editable_by(request.membership).standing()
    meeting = get_object_or_404(meetings.select_related("activity__partner", "session__group"), pk=pk)
    form = NoteForm(request.POST if request.method == "POST" else None, instance=meeting)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("neighbourhood:group", request.practice.slug, meeting.session.group_id)
    return _form_page(request, form, "neighbourhood/note_form.html", meeting=meeting)


@practice_view(roles=PLANNERS)
@require_POST
def untie(request: StaffRequest, pk: int) -> HttpResponse:
    meetings = Meeting.objects.editable_by(request.membership).select_related("session", "activity")
    meeting = get_object_or_404(meetings, pk=pk)
    Meeting.objects.editable_by(request.membership).filter(pk=meeting.pk).call_off(timezone.now())
    messages.success(request, _("%(title)s is not tied to the session any more.") % {"title": meeting.activity})
    return redirect("neighbourhood:group", request.practice.slug, meeting.session.group_id)


@practice_view()
def show_session(request: StaffRequest, pk: int) -> HttpResponse:
    """Whom the group meets in this session: a part of the evening's page, or a page of its own."""
    sessions = GroupSession.objects.visible_to(request.membership).select_related("group")
    session = get_object_or_404(sessions, pk=pk)
    meetings = Meeting.objects.visible_to(request.membership).standing().filter(session=session)
    context = {"session": session, "meetings": meetings.select_related("activity__partner").order_by("arranged_at")}
    part = "#meetings" if request.headers.get("HX-Request") else ""
    return render(request, f"neighbourhood/of_session.html{part}", context)


def _group_page(request: StaffRequest, group: CareGroup, form: MeetingForm) -> HttpResponse:
    sessions = GroupSession.objects.visible_to(request.membership).filter(group=group)
    meetings = Meeting.objects.visible_to(request.membership).standing().filter(session__group=group)
    now = timezone.now()
    context = {
        "group": group,
        "tab": "neighbourhood",
        "form": form,
        "may_arrange": request.membership.has_any(PLANNERS),
        "rows": _beside_sessions(sessions, meetings, now=now),
        "now": now,
    }
    return render(request, "neighbourhood/group.html", context, status=422 if form.errors else 200)


def _beside_sessions(sessions: Any, meetings: Any, *, now: datetime) -> list[dict[str, Any]]:
    """Each session to come and each one with meetings: held, or cancelled with a partner who should know."""
    tied: dict[int, list[Meeting]] = {}
    for meeting in meetings.select_related("activity__partner").order_by("arranged_at", "pk"):
        tied.setdefault(meeting.session_id, []).append(meeting)
    rows = [{"session": session, "meetings": tied.get(session.pk, [])} for session in sessions.order_by("starts_at")]
    return [
        row for row in rows if row["meetings"] or (row["session"].starts_at > now and not row["session"].is_cancelled)
    ]


def _saved(form: ModelForm[Any], field: str, taken: Any) -> bool:
    """Save, or say beside the field what the form could not see: somebody else saved the same at this moment."""
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error(field, taken)
        return False
    return True


def _tied(form: MeetingForm) -> bool:
    meeting = form.instance
    try:
        with transaction.atomic():
            meeting.activity.tie_to(meeting.session, note=meeting.note, by=meeting.arranged_by, now=meeting.arranged_at)
    except NotOnOffer:
        form.add_error("activity", _("This activity has just ended. Choose another one."))
    except IntegrityError:
        form.add_error("activity", TIED_ALREADY)
    return not form.errors


def _form_page(request: StaffRequest, form: ModelForm[Any], template: str, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


def _end_page(request: StaffRequest, meetings: Any, **context: Any) -> HttpResponse:
    return render(request, "neighbourhood/end.html", {"meetings": meetings.order_by("session__starts_at"), **context})
