"""Guests and babies: a fragment of the arrivals and of the circle, and a page where there is no JavaScript."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from practices.access import StaffRequest, practice_view
from practices.places import LEADERS
from sessions import company as acts
from sessions import evening, plan
from sessions.evening import Refused
from sessions.evening_forms import BabiesForm, GuestForm
from sessions.models import GroupSession
from sessions.views.evening import Context, led

PAGE = "sessions/company.html"


@practice_view(roles=LEADERS)
def company(request: StaffRequest, pk: int) -> HttpResponse:
    """Who else comes; sent with a name, one more."""
    here = led(request, pk)
    if request.method != "POST":
        return _shown(request, here)
    form = GuestForm(request.POST)
    if not form.is_valid():
        return _shown(request, here, form=form)

    def act() -> str:
        given, by = form.cleaned_data, request.membership
        guest = acts.add_guest(here, given["name"], given["what_for"], by=by, now=timezone.now())
        return _("%(name)s is on the list.") % {"name": guest.name}

    return _after(request, here, act, form=form)


@practice_view(roles=LEADERS)
@require_POST
def guest(request: StaffRequest, pk: int, guest: int) -> HttpResponse:
    """Here, not here after all (`away`), or off the list (`remove`)."""
    here = led(request, pk)
    row = get_object_or_404(here.guests.select_related("session"), pk=guest)
    asked = request.POST.get("act", "here")
    if asked not in ("here", "away", "remove"):
        raise BadRequest

    def act() -> str:
        if asked == "remove":
            acts.take_guest_off(row)
            return _("%(name)s is off the list.") % {"name": row.name}
        changed = acts.welcome_guest(row, asked != "away", by=request.membership, now=timezone.now())
        return (_("%(name)s is here.") if changed.arrived_at else _("%(name)s is expected.")) % {"name": row.name}

    return _after(request, here, act)


@practice_view(roles=LEADERS)
@require_POST
def babies(request: StaffRequest, pk: int) -> HttpResponse:
    """How many babies are in the room: a number, so that the same sent twice counts once."""
    here = led(request, pk)
    form = BabiesForm(request.POST)
    if not form.is_valid():
        return _shown(request, here, trouble=str(form.errors["babies"][0]))
    number = form.cleaned_data["babies"]

    def act() -> str:
        acts.count_babies(here, number, now=timezone.now())
        return ngettext("%(count)s baby counted.", "%(count)s babies counted.", number) % {"count": number}

    return _after(request, here, act)


def _after(
    request: StaffRequest, here: GroupSession, act: Callable[[], str], *, form: GuestForm | None = None
) -> HttpResponse:
    try:
        said = act()
    except Refused as refused:
        here.refresh_from_db()
        return _shown(request, here, form=form, trouble=refused.sentence)
    if request.htmx:
        here.refresh_from_db()
        return _shown(request, here, said=said)
    messages.success(request, said)
    return redirect("sessions:company", request.practice.slug, here.pk)


def _shown(
    request: StaffRequest, here: GroupSession, *, form: GuestForm | None = None, trouble: str = "", said: str = ""
) -> HttpResponse:
    counted = acts.babies_at(here)
    context: Context = {
        "session": here,
        "step": "arrivals",
        "guests": list(here.guests.all()),
        "babies": counted,
        "fewer": counted - 1,
        "more_babies": counted + 1,
        "most": acts.MOST_BABIES,
        "form": form or GuestForm(),
        "may_enter": not evening.why_not_running(here, now=timezone.now()),
        "may_prepare": not plan.why_not_prepared(here),
        "trouble": trouble,
        "said": said,
    }
    template = f"{PAGE}#company" if request.htmx else PAGE
    return render(request, template, context, status=422 if trouble or (form and form.errors) else 200)
