"""The tablet that goes round: the page on which staff open it, and the pages that participants see.

Those carry no rights: to open a tablet ends whatever was signed in there, so that no address leads to the board.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pghistory
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from checks import guesses
from checks.cells import kinds_of, load_cell
from checks.entry import Refused
from checks.handing import (
    Chair,
    behind,
    chair_at,
    chairs_of,
    code_of,
    hand_round,
    opened,
    practice_of,
    take_back,
    use_here,
    why_not_round,
    why_over,
)
from checks.herself import Entry, Outcome, enter, newest_of
from checks.kinds import CheckKind
from checks.tablet_forms import CodeForm, fields_of, posted
from checks.tablets import TabletCode, readable
from checks.views import LEADERS
from groups.models import Enrolment
from practices.access import StaffRequest, open_to_all, practice_view
from practices.models import Practice
from practices.tenancy import practice_scope
from sessions.models import GroupSession
from sessions.steps import MEASURE

# Where the browser's session keeps what it was opened with.
KEPT = "tablet"
PAGE = require_http_methods(["GET", "HEAD", "POST"])


@practice_view(roles=LEADERS)
@PAGE
def hand(request: StaffRequest, pk: int) -> HttpResponse:
    """A code for the tablets of this session, this very tablet handed over, or all of them ended."""
    sessions = GroupSession.objects.editable_by(request.membership)
    session = get_object_or_404(sessions.select_related("group", "room"), pk=pk)
    by, now = request.membership, timezone.now()
    code, refusal = "", ""
    try:
        match request.POST.get("act") if request.method == "POST" else "look":
            case "look":
                pass
            case "make":
                code = readable(hand_round(session, by=by, now=now)[1])
            case "here":
                _open_with(request, use_here(session, by=by, now=now))
                return redirect("tablet")
            case "stop":
                take_back(session, now=now)
                messages.success(request, _("The code opens nothing any more."))
                return redirect("checks:hand", request.practice.slug, pk)
            case _unknown:
                return HttpResponseBadRequest()
    except Refused as refused:
        refusal = refused.words
    context = {
        "session": session,
        "step": MEASURE,
        "code": code,
        # Rendered here, as the code is nowhere to be looked up after this page.
        "address": request.build_absolute_uri(reverse("tablet")),
        "standing": code_of(session, now=now),
        "closed": refusal or why_not_round(session, now=now),
    }
    return render(request, "checks/hand.html", context, status=422 if refusal else 200)


@open_to_all
@PAGE
def tablet(request: HttpRequest) -> HttpResponse:
    """The seats of who is here, and nothing else; or the door, where a code opens them."""
    if request.method == "POST":
        return _knock(request)
    kept = _kept(request)
    if kept is None:
        return _door(request, CodeForm())
    practice, pk = kept
    with _inside(request, practice):
        row = opened(pk, practice=practice)
        words = why_over(row, now=timezone.now()) if row else ""
        if row is None or words:
            request.session.flush()
            return _door(request, CodeForm(), words=words)
        return _render(request, "checks/tablet.html", {"chairs": chairs_of(row), "sender": practice})


@open_to_all
@PAGE
def seat(request: HttpRequest, token: str) -> HttpResponse:
    """The empty fields of one seat; by POST what was typed there."""
    kept, is_sent = _kept(request), request.method == "POST"
    if kept is None:
        words = _("This tablet is not open any more. Ask the facilitator for a code.")
        return _too_late(request, words) if is_sent else redirect("tablet")
    practice, pk = kept
    with _inside(request, practice), pghistory.context(tablet=pk):
        row = opened(pk, practice=practice, hold=is_sent)
        words = why_over(row, now=timezone.now()) if row else ""
        chair = chair_at(row, token) if row and not words else None
        if row is None or chair is None:
            return _too_late(request, words or _("This seat is not there any more.")) if is_sent else redirect("tablet")
        if is_sent:
            return _typed(request, row, chair)
        if chair.seat.enrolment.state != Enrolment.State.ENROLLED:
            messages.error(request, _("%(name)s has left this group.") % {"name": chair.seat.participant.given_name})
            return redirect("tablet")
        return _seat_page(request, row, chair)


@open_to_all
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End it on this tablet alone: then it asks for somebody to sign in."""
    if not request.user.is_authenticated:
        request.session.flush()
    return redirect("home")


def _kept(request: HttpRequest) -> tuple[Practice, int] | None:
    """The practice and the code that this browser was opened with; none for somebody who signed in there since."""
    kept = None if request.user.is_authenticated else request.session.get(KEPT)
    practice = Practice.objects.filter(pk=kept["practice"]).first() if kept else None
    return (practice, kept["code"]) if practice and kept else None


def _open_with(request: HttpRequest, row: TabletCode) -> None:
    """From here on this browser is a tablet that goes round, and nobody's any more."""
    # What waits to be told to her is not for who has the tablet next.
    set(messages.get_messages(request))
    logout(request)
    request.session[KEPT] = {"practice": row.practice_id, "code": row.pk}


@contextmanager
def _inside(request: HttpRequest, practice: Practice) -> Iterator[None]:
    """In the practice, on its clock, and in its language unless another was chosen on this tablet."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in dict(settings.LANGUAGES)
    language = translation.get_language() if chosen else practice.language
    with practice_scope(practice), timezone.override(practice.zone), translation.override(language):
        yield


def _knock(request: HttpRequest) -> HttpResponse:
    """Open the seats to who types the code of a session that runs."""
    form, address = CodeForm(request.POST), request.META.get("REMOTE_ADDR", "")
    if guesses.too_many(address):
        words = _("Too many wrong codes came from here. Try again in ten minutes.")
        return _door(request, form, words=words, status=429)
    if not form.is_valid():
        return _door(request, form, status=422)
    code = form.cleaned_data["code"]
    practice = practice_of(code)
    if practice is None:
        guesses.count(address)
        form.add_error("code", _("This code is not known. Look at it again."))
        return _door(request, form, status=422)
    with _inside(request, practice):
        row = behind(code, practice=practice)
        if words := why_over(row, now=timezone.now()):
            form.add_error("code", words)
            return _door(request, form, status=422)
        _open_with(request, row)
    return redirect("tablet")


def _door(request: HttpRequest, form: CodeForm, *, words: str = "", status: int = 200) -> HttpResponse:
    return _render(request, "checks/tablet_door.html", {"form": form, "refusal": words}, status=status)


def _typed(request: HttpRequest, row: TabletCode, chair: Chair) -> HttpResponse:
    """Keep what she typed of each kind; what was not taken stands in its field again with the reason."""
    session, now = row.session, timezone.now()
    entries = posted(request.POST, session)
    if entries is None:
        return HttpResponseBadRequest()
    sent = {entry.kind: (entry, enter(session, chair.seat, entry, now=now)) for entry in entries if any(entry.typed)}
    outcomes = {kind: outcome for kind, (_entry, outcome) in sent.items()}
    if not sent or any(outcome.why for outcome in outcomes.values()):
        return _seat_page(request, row, chair, sent=sent)
    again = [str(kind.label) for kind, outcome in outcomes.items() if outcome.again]
    words = [_("Thank you, it is kept.")]
    if again:
        words.append(_("Please measure once more: %(what)s.") % {"what": get_text_list(again, _("and"))})
    if any(outcome.is_shown_to_somebody for outcome in outcomes.values()):
        words.append(_("The facilitator looks at this with you."))
    messages.success(request, " ".join(words))
    # More than thanks is for her eyes, and not for those of the next one to whom the tablet goes.
    return redirect("tablet_seat", chair.token) if len(words) > 1 else redirect("tablet")


def _seat_page(
    request: HttpRequest,
    row: TabletCode,
    chair: Chair,
    *,
    sent: dict[CheckKind, tuple[Entry, Outcome]] | None = None,
) -> HttpResponse:
    rows = {kind: newest_of(load_cell(row.session, chair.seat, kind)) for kind in kinds_of(row.session)}
    context = {
        "sender": row.session.practice,
        "chair": chair,
        "fields": fields_of(row.session, rows, sent=sent),
        "is_empty": sent is not None and not sent,
    }
    return _render(request, "checks/tablet_seat.html", context, status=200 if sent is None else 422)


def _too_late(request: HttpRequest, words: str) -> HttpResponse:
    """A sentence, and what she typed, which can go nowhere any more."""
    typed = [
        (kind.label, "/".join(filter(None, (request.POST.get(f"{kind}-{part}", "") for part in ("first", "second")))))
        for kind in CheckKind
    ]
    context = {"refusal": words, "typed": [(label, text) for label, text in typed if text]}
    return _render(request, "checks/tablet_over.html", context, status=422)


def _render(request: HttpRequest, template: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
