"""Who works for the practice, for its coordinators."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from practices.access import StaffRequest, practice_view
from practices.forms import InviteForm, MemberForm
from practices.invitations import send_invitation
from practices.models import Membership
from practices.staffing import AlreadyHere, LastCoordinator, end, save_change
from practices.staffing import invite as invite_member
from practices.tabs import COORDINATORS

ALREADY_HERE = gettext_lazy(
    "This person works here already, or did so before. Open her in the list of staff to let her in again."
)
LAST_COORDINATOR = gettext_lazy("There must be a coordinator without an end. Make somebody else coordinator first.")


@practice_view(roles=COORDINATORS)
def staff(request: StaffRequest) -> HttpResponse:
    today = timezone.localdate()
    members = Membership.objects.visible_to(request.membership).select_related("user").order_by("user__name", "pk")
    context = {
        "members": [member for member in members if member.ends_on is None or member.ends_on > today],
        "former": [member for member in members if member.ends_on is not None and member.ends_on <= today],
    }
    return render(request, "practices/staff.html", context)


@practice_view(roles=COORDINATORS)
def invite(request: StaffRequest) -> HttpResponse:
    today = timezone.localdate()
    new = Membership(practice=request.practice, starts_on=today)
    form = InviteForm(request.POST if request.method == "POST" else None, instance=new, today=today)
    if request.method == "POST" and form.is_valid():
        email, name = form.cleaned_data["email"], form.cleaned_data["name"]
        try:
            invite_member(new, email=email, name=name, by=request.membership)
        except AlreadyHere:
            form.add_error("email", ALREADY_HERE)
        else:
            messages.success(request, _("An e-mail is on its way to %(email)s.") % {"email": email})
            return redirect("practices:staff", request.practice.slug)
    return render(request, "practices/invite.html", {"form": form}, status=422 if form.errors else 200)


@practice_view(roles=COORDINATORS)
def member(request: StaffRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    form = MemberForm(request.POST if request.method == "POST" else None, instance=member)
    if request.method == "POST" and form.is_valid():
        try:
            save_change(member, today=timezone.localdate())
        except LastCoordinator:
            form.add_error("ends_on" if member.is_coordinator else "roles", LAST_COORDINATOR)
        else:
            messages.success(request, _("Saved."))
            return _back_to_staff(request, member)
    context = {"form": form, "member": member, "today": timezone.localdate()}
    return render(request, "practices/member.html", context, status=422 if form.errors else 200)


@practice_view(roles=COORDINATORS)
@require_POST
def invite_again(request: StaffRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    send_invitation(member, by=request.membership)
    messages.success(request, _("An e-mail is on its way to %(email)s.") % {"email": member.user.email})
    return redirect("practices:staff", request.practice.slug)


@practice_view(roles=COORDINATORS)
def end_member(request: StaffRequest, pk: int) -> HttpResponse:
    """First a page that says what she leads; then the button."""
    member = _member(request, pk)
    refused = None
    if request.method == "POST":
        try:
            end(member, today=timezone.localdate())
        except LastCoordinator:
            refused = LAST_COORDINATOR
        else:
            messages.success(request, _("%(name)s can no longer get in.") % {"name": member.user.name})
            return _back_to_staff(request, member)
    led = member.facilitations.filter(ends_on=None, group__cancelled_at=None)
    context = {
        "question": _("End the work of %(name)s here?") % {"name": member.user.name},
        "words": refused or _("She can no longer get in from now on. What she did stays as it is."),
        "consequences": [
            _("She leads %(group)s: name somebody else there.") % {"group": name}
            for name in led.order_by("group__name").values_list("group__name", flat=True)
        ],
        "submit": _("End it today"),
        "submit_class": "btn-danger",
        "cancel": reverse("practices:member", args=[request.practice.slug, pk]),
    }
    return render(request, "components/confirm.html", context, status=422 if refused else 200)


def _member(request: StaffRequest, pk: int) -> Membership:
    members = Membership.objects.editable_by(request.membership).select_related("user", "practice")
    return get_object_or_404(members, pk=pk)


def _back_to_staff(request: StaffRequest, member: Membership) -> HttpResponse:
    """To the list, or out for who is no coordinator any more."""
    if member.pk == request.membership.pk and (member.ends_on or not member.is_coordinator):
        return redirect("home")
    return redirect("practices:staff", request.practice.slug)
