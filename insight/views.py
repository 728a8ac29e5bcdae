from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from insight.forms import ShowForm
from insight.funnel import funnels, groups_of, seats_of, with_fill
from insight.today import today_for
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS

GROUPS_A_PAGE = 30


@practice_view()
def today(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "today": today_for(request.membership, now=now),
        "hour": timezone.localtime(now).hour,
        "given_name": request.user.name.split(maxsplit=1)[0],
    }
    return render(request, "insight/today.html", context)


@practice_view(roles=PLANNERS)
def overview(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    form = ShowForm(request.GET or None)
    groups = groups_of(request.membership, **form.asked, now=now)
    page = Paginator(with_fill(groups.alive()), GROUPS_A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    taken, there = seats_of(groups.alive())
    context = {
        "form": form,
        "funnels": funnels(groups, now=now),
        "page_obj": page,
        "query": query.urlencode(),
        "taken": taken,
        "there": there,
    }
    return render(request, "insight/overview.html", context)
