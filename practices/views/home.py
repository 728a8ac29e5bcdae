from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from practices.access import signed_in
from practices.models import User, practices_of


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Straight into the practice of somebody who has one; a choice for who has more."""
    practices = practices_of(cast(User, request.user), day=timezone.localdate())
    if len(practices) == 1:
        return redirect("insight:today", practices[0].slug)
    return render(request, "practices/choose.html", {"practices": practices})
