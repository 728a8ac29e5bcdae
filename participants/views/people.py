"""The people of a practice: the list, a person's page, and what is changed there."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from participants.access_log import looks_at, record_access
from participants.contact import allow_messages, stop_messages
from participants.events import contact_wishes_changed
from participants.forms import (
    ChildForm,
    NewParticipantForm,
    ParticipantForm,
    PeopleForm,
    PregnancyForm,
)
from participants.models import NUMBER_TAKEN, Child, Participant, Pregnancy
from participants.registering import ClientNumberTaken, Newcomer, record_birth, register, save_changes
from practices.access import StaffRequest, practice_view
from practices.models import Role
from practices.places import PLANNERS

PEOPLE_A_PAGE = 25
LOOKS_SHOWN = 30


@practice_view(roles=PLANNERS)
def list_participants(request: StaffRequest) -> HttpResponse:
    """Everybody, narrowed by what is posted: a name must not stand in an address."""
    everybody = Participant.objects.visible_to(request.membership)
    form = PeopleForm(request.POST)
    found = form.narrow(everybody) if form.is_valid() else everybody.none()
    ongoing = Pregnancy.objects.visible_to(request.membership).ongoing()
    found = found.with_groups().prefetch_related(Prefetch("pregnancies", ongoing, to_attr="ongoing"), "children")
    page = Paginator(found, PEOPLE_A_PAGE).get_page(request.POST.get("page"))
    template = "participants/list.html#people" if request.htmx else "participants/list.html"
    return render(
        request,
        template,
        {"form": form, "page_obj": page, "people": list(page)},
        status=200 if form.is_valid() else 422,
    )


@practice_view()
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """A person's page; who only leads her group sees what is needed there, and no addresses."""
    people = Participant.objects.visible_to(request.membership).select_related("contact_stopped_by__user")
    participant = get_object_or_404(people.prefetch_related("pregnancies", "children"), pk=pk)
    now, membership = timezone.now(), request.membership
    record_access([participant], by=membership, page="participants:person", now=now)
    plans = membership.sees_the_whole_practice
    context = {
        "participant": participant,
        "ongoing": next((p for p in participant.pregnancies.all() if p.ended_on is None), None),
        "today": timezone.localdate(now),
        "plans": plans,
        "sees_values": membership.has_any((Role.FACILITATOR, Role.CO_FACILITATOR)),
        "looks": looks_at(participant, at_most=LOOKS_SHOWN) if plans else [],
    }
    return render(request, "participants/person.html", context)


def _locked(request: StaffRequest) -> QuerySet[Participant]:
    """People to change: two who change one person at once queue here, and the second sees what the first did."""
    people = Participant.objects.editable_by(request.membership)
    return people.select_for_update(of=("self",), no_key=True) if request.method == "POST" else people


@practice_view(roles=PLANNERS)
def add(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    new = Participant(practice=request.practice)
    form = NewParticipantForm(
        request.POST if request.method == "POST" else None,
        instance=new,
        by=request.membership,
        today=timezone.localdate(now),
    )
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            register([Newcomer(new, asked["due_on"], asked["born_on"], asked["sex"] or None)], now=now)
        except ClientNumberTaken:
            form.add_error("client_number", NUMBER_TAKEN)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": new.full_name})
            return redirect("participants:person", request.practice.slug, new.pk)
    return render(request, "participants/add.html", {"form": form}, status=422 if form.errors else 200)


@practice_view(roles=PLANNERS)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    participant = get_object_or_404(_locked(request), pk=pk)
    # The form writes into the row, also what it refuses.
    name = participant.full_name
    form = ParticipantForm(
        request.POST if request.method == "POST" else None, instance=participant, by=request.membership
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_changes(participant)
        except ClientNumberTaken:
            form.add_error("client_number", NUMBER_TAKEN)
        else:
            if form.changes_wishes:
                contact_wishes_changed.send(sender=Participant, participant=participant, now=now)
            messages.success(request, _("Saved."))
            return redirect("participants:person", request.practice.slug, pk)
    record_access([participant], by=request.membership, page="participants:edit", now=now)
    context = {"form": form, "participant": participant, "name": name}
    return render(request, "participants/edit.html", context, status=422 if form.errors else 200)


@practice_view(roles=PLANNERS)
def due_date(request: StaffRequest, pk: int) -> HttpResponse:
    """The pregnancy that is open, or a new one."""
    participant = get_object_or_404(_locked(request), pk=pk)
    pregnancy = participant.pregnancies.ongoing().first() or Pregnancy(
        practice=request.practice, participant=participant
    )
    form = PregnancyForm(
        request.POST if request.method == "POST" else None, instance=pregnancy, today=timezone.localdate()
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("participants:person", request.practice.slug, pk)
    context = {"form": form, "participant": participant}
    return render(request, "participants/due_date.html", context, status=422 if form.errors else 200)


@practice_view(roles=PLANNERS)
def child_add(request: StaffRequest, pk: int) -> HttpResponse:
    """A baby was born: the pregnancy it comes from has ended."""
    participant = get_object_or_404(_locked(request), pk=pk)
    new = Child(practice=request.practice, participant=participant)
    return _child_form(request, participant, new)


@practice_view(roles=PLANNERS)
def child(request: StaffRequest, pk: int, child: int) -> HttpResponse:
    participant = get_object_or_404(_locked(request), pk=pk)
    return _child_form(request, participant, get_object_or_404(participant.children.all(), pk=child))


def _child_form(request: StaffRequest, participant: Participant, child: Child) -> HttpResponse:
    is_new = child.pk is None
    form = ChildForm(request.POST if request.method == "POST" else None, instance=child, today=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        record_birth(participant, child)
        messages.success(request, _("Saved."))
        return redirect("participants:person", request.practice.slug, participant.pk)
    context = {"form": form, "participant": participant, "is_new": is_new}
    return render(request, "participants/child.html", context, status=422 if form.errors else 200)


@practice_view(roles=PLANNERS)
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    """The stop-switch. At once by its button; who comes by a link is asked first."""
    participant = get_object_or_404(_locked(request), pk=pk)
    if request.method == "POST":
        stop_messages(participant, by=request.membership, now=timezone.now())
        messages.success(request, _("No message leaves any more."))
        return redirect("participants:person", request.practice.slug, pk)
    context = {
        "question": _("Stop all messages to %(name)s?") % {"name": participant.full_name},
        "words": _("From that moment on no message of any kind leaves. You can allow them again on her page."),
        "submit": _("Stop all messages"),
        "submit_class": "btn-danger",
        "cancel": reverse("participants:person", args=[request.practice.slug, pk]),
    }
    return render(request, "components/confirm.html", context)


@practice_view(roles=PLANNERS)
@require_http_methods(["POST"])
def allow(request: StaffRequest, pk: int) -> HttpResponse:
    participant = get_object_or_404(_locked(request), pk=pk)
    allow_messages(participant, now=timezone.now())
    messages.success(request, _("Messages leave again."))
    return redirect("participants:person", request.practice.slug, pk)
