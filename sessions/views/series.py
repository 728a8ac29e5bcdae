from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from groups.models import CareGroup
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.series import series_of


@practice_view()
def series(request: StaffRequest, pk: int) -> HttpResponse:
    """The dates of a group: a page, and a fragment of the group's own page."""
    group = get_object_or_404(CareGroup.objects.visible_to(request.membership), pk=pk)
    rows = series_of(group, request.membership, now=timezone.now())
    context = {"group": group, "tab": "series", "rows": rows, "may_plan": request.membership.has_any(PLANNERS)}
    return render(request, "sessions/series.html#series" if request.htmx else "sessions/series.html", context)
