"""What answers when nothing else can: whether the project is well, and the pages for when it is not."""

import sys

import redis
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from centering import health

# Classes of SQLSTATE: the connection is lost, the server has no room, or it is going down or coming up.
AWAY = ("08", "53", "57P")


@never_cache
@require_safe
@transaction.non_atomic_requests
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and worker answer; 503 and which of them does not."""
    answers = {
        "database": health.database_answers(),
        "broker": health.broker_answers(),
        "worker": health.worker_answers(),
    }
    body = {name: "ready" if ready else "away" for name, ready in answers.items()}
    response = JsonResponse(body, status=200 if all(answers.values()) else 503)
    # Whoever asks knows; asked every few seconds, the log would hold nothing else.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an error of ours; 503 when it is only that the database or Valkey is away for a moment."""
    away = _something_is_away(sys.exc_info()[1])
    # The middleware that knows the reader's language may not have come to it. Nothing here asks database or cache.
    with translation.override(translation.get_language_from_request(request)):
        page = render_to_string("503.html" if away else "500.html")
    return HttpResponse(page, status=503, headers={"Retry-After": "10"}) if away else HttpResponse(page, status=500)


def _something_is_away(error: BaseException | None) -> bool:
    while error:
        if isinstance(error, (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)):
            return True
        if isinstance(error, (InterfaceError, OperationalError)):
            # A deadlock or a time limit is an OperationalError too, but has a code of its own.
            code = getattr(error.__cause__, "sqlstate", None)
            return code is None or code.startswith(AWAY)
        error = error.__cause__ or error.__context__
    return False
