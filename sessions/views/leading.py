"""Who leads a session: a substitute this once, or somebody else from then on. First what would change."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from groups.models import CareGroup
from practices.access import StaffRequest, practice_view
from practices.models import Membership
from practices.places import PLANNERS
from sessions.away import missed_by, who_is_away
from sessions.clashes import Clashes
from sessions.events import consequences_of
from sessions.leading import Overtaken, Replacement, why_fixed
from sessions.leading_forms import LeadsForm
from sessions.models import GroupSession
from sessions.moving import CannotChange
from sessions.views.changing import refused
from sessions.wording import day_in_words


@practice_view(roles=PLANNERS)
def leads(request: StaffRequest, pk: int) -> HttpResponse:
    """`?later` begins with a change for good."""
    now = timezone.now()
    rows = GroupSession.objects.plannable_by(request.membership).select_related("group", "room", "practice")
    session = get_object_or_404(rows, pk=pk)
    why = why_fixed(session)
    if why:
        return refused(request, session, why)
    form = LeadsForm(
        request.POST if request.method == "POST" else None,
        session=session,
        membership=request.membership,
        now=now,
        for_good="later" in request.GET,
    )
    is_in_order = form.is_bound and form.is_valid()
    if is_in_order and form.replacement and not request.htmx and "show" not in request.POST:
        return _carry_out(request, form, form.replacement)
    return _page(request, form)


@practice_view(roles=PLANNERS)
def leads_of_group(request: StaffRequest, pk: int) -> HttpResponse:
    """To the next session of the group, to name somebody else from there on."""
    group = get_object_or_404(CareGroup.objects.editable_by(request.membership), pk=pk)
    coming = group.sessions.upcoming(timezone.now()).filter(closed_at=None).order_by("starts_at").first()
    if coming is None:
        messages.info(request, _("No session of this group is still to come."))
        return redirect("groups:group", request.practice.slug, pk)
    return redirect(reverse("sessions:leads", args=[request.practice.slug, coming.pk]) + "?later")


@practice_view()
def while_away(request: StaffRequest, pk: int) -> HttpResponse:
    """A fragment of the page with somebody's absences: sessions she leads and at which she will not be."""
    member = get_object_or_404(Membership.objects.visible_to(request.membership).select_related("user"), pk=pk)
    if not request.membership.keeps_absences_of(member):
        raise Http404
    leads = list(missed_by(member, now=timezone.now()))
    context = {"leads": leads, "may_plan": request.membership.has_any(PLANNERS)}
    return render(request, "sessions/while_away.html", context)


def _carry_out(request: StaffRequest, form: LeadsForm, replacement: Replacement) -> HttpResponse:
    session = form.session
    try:
        replacement.carry_out(seen=form.leads_seen, now=form.now)
    except CannotChange as refusal:
        return refused(request, refusal.session, refusal.why)
    except Overtaken:
        messages.warning(request, _("Somebody changed who leads meanwhile. Look again."))
        return redirect("sessions:leads", request.practice.slug, session.pk)
    except Clashes as refusal:
        form.say(refusal.found)
        if not refusal.found:
            form.add_error(None, _("Somebody planned at the same moment. Try again."))
        return _page(request, form)
    told = {"number": session.number, "day": day_in_words(session.day)}
    if replacement.for_good:
        messages.success(request, _("From session %(number)s on %(day)s on, others lead.") % told)
    else:
        messages.success(request, _("Session %(number)s on %(day)s is led otherwise, this once.") % told)
    return redirect("sessions:series", request.practice.slug, session.group_id)


def _page(request: StaffRequest, form: LeadsForm) -> HttpResponse:
    """The page, or the part of it that says what would change."""
    swaps = form.replacement.swaps if form.replacement and not form.errors else []
    changes = {swap.session: swap.session.starts_at for swap in swaps}
    standing = [seat.lead for seat in form.seats if seat.lead]
    context = {
        "session": form.session,
        "away": who_is_away(standing).get(form.session.pk, []),
        "group": form.session.group,
        "form": form,
        "swaps": swaps,
        "consequences": consequences_of(form.session.group, changes, now=form.now) if swaps else [],
    }
    if request.htmx:
        return render(request, "sessions/leads.html#outcome", context)
    return render(request, "sessions/leads.html", context, status=422 if form.errors else 200)
