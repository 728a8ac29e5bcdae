"""Who may come in. Every view carries one of these decorators; the project does not start with one that has none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

import pghistory
from django.apps import AppConfig
from django.contrib.auth.views import redirect_to_login
from django.core.checks import CheckMessage, Error
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from practices.models import Membership, Practice, Role, User
from practices.tenancy import practice_scope

P = ParamSpec("P")

# Views of packages that state their own access: signing in, and the choice of a language.
SELF_GUARDED = ("allauth.", "django.views.i18n")


class StaffRequest(HttpRequest):
    """A request of a member of staff, inside the practice that its URL names."""

    user: User
    practice: Practice
    membership: Membership
    htmx: HtmxDetails


def practice_view(
    *, roles: Collection[Role] = tuple(Role)
) -> Callable[[Callable[Concatenate[StaffRequest, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Open a view under /<practice>/ to members of that practice with one of these roles.

    Signed out leads to the sign-in page, no membership is a 404 (a stranger does not learn what exists), a member
    without the role gets a 403. The view runs inside the practice's scope and must return a rendered response.
    """

    def decorate(view: Callable[Concatenate[StaffRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, practice_slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            staff = cast(StaffRequest, request)
            staff.practice = get_object_or_404(Practice, slug=practice_slug)
            with practice_scope(staff.practice):
                today = timezone.localdate(timezone=staff.practice.zone)
                membership = Membership.objects.for_user(staff.user, in_practice=staff.practice, day=today).first()
                if membership is None:
                    raise Http404
                staff.membership = membership
                if not membership.has_any(roles):
                    raise PermissionDenied
                with timezone.override(staff.practice.zone), pghistory.context(membership=membership.pk):
                    return view(staff, *args, **kwargs)

        wrapped.access = f"staff: {', '.join(sorted(roles))}"  # type: ignore[attr-defined]
        return wrapped

    return decorate


def signed_in(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Open a view to everybody who has signed in, whatever the practice."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = cast(HttpRequest, args[0])
        return view(*args, **kwargs) if request.user.is_authenticated else _to_sign_in(request)

    wrapped.access = "signed in"  # type: ignore[attr-defined]
    return wrapped


def open_to_all(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """State that a view shows nothing of anybody, or guards itself by an unguessable token."""
    view.access = "all"  # type: ignore[attr-defined]
    return view


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # Neither becomes a fragment a sign-in form inside the page, nor is the page left with what was typed in it:
        # static/js/htmx-errors.js says where to sign in.
        return HttpResponse(status=401)
    if request.method == "POST" and not request.FILES:
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
        kept = [(name, value) for name, value in sent if name != "csrfmiddlewaretoken"]
        return render(request, "401.html", {"kept": kept}, status=401)
    return redirect_to_login(request.get_full_path())


def views_of(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(route, view) of everything that the URL configuration leads to."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views_of(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


def every_view_states_who_may_come_in(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """System check: a view without an access rule keeps the project from starting."""
    return [
        Error(
            f"The view at {route!r} does not say who may come in.",
            hint="Give it @practice_view, @signed_in or @open_to_all from practices.access.",
            id="practices.E001",
        )
        for route, view in views_of(get_resolver().url_patterns)
        if not hasattr(view, "access") and not view.__module__.startswith(SELF_GUARDED)
    ]
