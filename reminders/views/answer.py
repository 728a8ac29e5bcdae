"""The page behind the link in a message. It guards itself by an unguessable token and belongs to no signed-in user."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from practices.access import open_to_all
from practices.models import Practice
from practices.tenancy import practice_scope
from reminders import answering
from reminders.forms import AnswerForm, EmailWishForm
from sessions.subscriptions import feed_of


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Her dates and whether she comes; by POST what she says, the newest answer standing."""
    with _behind(token) as practice:
        page = answering.page_behind(token, now=timezone.now())
        with translation.override(_language(request, page, practice)):
            response = None
            if request.method == "POST":
                act = _calendar_changed if "calendar" in request.POST else _answered
                response = act(request, page, token)
            return response or _shown(request, page, practice)


@contextmanager
def _behind(token: str) -> Iterator[Practice]:
    practice = answering.practice_of(token)
    if practice is None:
        raise Http404
    with practice_scope(practice), timezone.override(practice.zone):
        yield practice


def _language(request: HttpRequest, page: answering.Page, practice: Practice) -> str:
    """The one that was chosen on this device, else the person's, else the practice's."""
    known = dict(settings.LANGUAGES)
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in known:
        return translation.get_language() or practice.language
    language = page.enrolment.participant.language
    return language if language in known else practice.language


def _answered(request: HttpRequest, page: answering.Page, token: str) -> HttpResponse | None:
    """Keep what she says. None when it cannot be said any more."""
    now = timezone.now()
    wish = EmailWishForm(request.POST)
    form = AnswerForm(request.POST, sessions=page.answerable)
    if "by_email" in request.POST and wish.is_valid():
        answering.wish_for_email(page, wish.cleaned_data["by_email"], now=now)
        messages.success(request, _("That is noted."))
    elif form.is_valid():
        answering.answer(page, form.cleaned_data["session"], is_coming=form.cleaned_data["is_coming"], now=now)
        messages.success(request, _("Thank you for letting us know."))
    else:
        messages.error(request, _("This appointment cannot be answered any more."))
        return None
    return redirect("answer", token)


def _calendar_changed(request: HttpRequest, page: answering.Page, token: str) -> HttpResponse | None:
    """Make or revoke the link for her own calendar. None for who has no dates here any more, or an unknown wish."""
    now = timezone.now()
    match request.POST["calendar"]:
        case "make" if page.dates:
            answering.make_calendar(page, now=now)
            messages.success(request, _("Here is the link. Copy it into your calendar."))
        case "stop":
            answering.stop_calendar(page, now=now)
            messages.success(request, _("The link opens nothing any more."))
        case _unknown:
            messages.error(request, _("There is nothing to answer here any more"))
            return None
    return redirect(f"{reverse('answer', args=[token])}#calendar")


def _shown(request: HttpRequest, page: answering.Page, practice: Practice) -> HttpResponse:
    response = render(
        request,
        "reminders/answer.html",
        {
            "sender": practice,
            "page": page,
            "person": page.enrolment.participant,
            "feed": feed_of(page.enrolment) if page.dates else None,
        },
        status=422 if request.method == "POST" else 200,
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
