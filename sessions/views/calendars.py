"""Calendars: the page where a member of staff makes and revokes her links, and what a calendar program fetches."""

from __future__ import annotations

from hashlib import sha256

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from practices.access import StaffRequest, open_to_all, practice_view
from practices.tenancy import practice_scope
from sessions.feeds import CalendarFeed
from sessions.subscriptions import calendars_for, feed_behind, fetch, practice_of, subscribe


@open_to_all
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind an address that nobody guesses."""
    practice, now = practice_of(token), timezone.now()
    if practice is None:
        raise Http404
    with practice_scope(practice), timezone.override(practice.zone):
        feed = feed_behind(token, now=now)
        if feed is None:
            raise Http404
        content = fetch(feed, now=now)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["ETag"] = f'"{sha256(content).hexdigest()}"'
    # A program may keep what it got, and asks each time whether that still holds.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response


@practice_view()
@require_http_methods(["GET", "HEAD", "POST"])
def calendars(request: StaffRequest) -> HttpResponse:
    """What she may subscribe to; by POST an address for one of them."""
    now = timezone.now()
    offered = calendars_for(request.membership, now=now)
    if request.method == "POST":
        chosen = next((offer for offer in offered if offer.key == request.POST.get("calendar")), None)
        if chosen is None:
            raise Http404
        subscribe(request.practice, chosen.fields, now=now)
        messages.success(request, _("Here is the link. Copy it into your calendar."))
        return redirect(f"{reverse('sessions:calendars', args=[request.practice.slug])}#{chosen.key}")
    return render(request, "sessions/calendars.html", {"calendars": offered})


@practice_view()
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """First a page that says what it means; then the button."""
    feed = get_object_or_404(CalendarFeed.objects.editable_by(request.membership), pk=pk)
    back = reverse("sessions:calendars", args=[request.practice.slug])
    if request.method == "POST" or feed.revoked_at:
        feed.revoke(now=timezone.now())
        messages.success(request, _("The link opens nothing any more."))
        return redirect(back)
    context = {
        "question": _("Revoke this link?"),
        "words": _("A calendar that uses it is not kept up to date any more. You can make a new link at any time."),
        "submit": _("Revoke the link"),
        "submit_class": "btn-danger",
        "cancel": back,
    }
    return render(request, "components/confirm.html", context)
