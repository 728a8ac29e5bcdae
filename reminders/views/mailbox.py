"""The messages that the demo has sent, for who tries it out. Elsewhere there is no such page."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from practices.access import open_to_all
from reminders import mailbox

SHOWN = 200


@open_to_all
@require_safe
def list_messages(request: HttpRequest) -> HttpResponse:
    _only_in_the_demo()
    return render(request, "reminders/mailbox.html", {"letters": mailbox.newest(settings.MAILBOX_DIR, SHOWN)})


@open_to_all
@require_safe
def message(request: HttpRequest, key: str) -> HttpResponse:
    _only_in_the_demo()
    letter = mailbox.read(settings.MAILBOX_DIR, key)
    if letter is None:
        raise Http404
    return render(request, "reminders/mailbox_message.html", {"letter": letter})


def _only_in_the_demo() -> None:
    if not settings.DEMO:
        raise Http404
