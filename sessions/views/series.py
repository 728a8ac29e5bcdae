from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from groups.models import CareGroup
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from sessions.reunion import proposal_for
from sessions.series import series_of


@practice_view()
def series(request: StaffRequest, pk: int) -> HttpResponse:
    """The dates of a group: a page, and a fragment of the group's own page."""
    now = timezone.now()
    group = get_object_or_404(CareGroup.objects.visible_to(request.membership).select_related("practice"), pk=pk)
    rows, may_plan = series_of(group, request.membership, now=now), request.membership.has_any(PLANNERS)
    ahead = [row.session for row in rows if row.may_change and row.session.starts_at > now]
    context = {
        "group": group,
        "tab": "series",
        "rows": rows,
        "may_plan": may_plan,
        "proposal": proposal_for(group, ahead, now=now) if may_plan else None,
    }
    return render(request, "sessions/series.html#series" if request.htmx else "sessions/series.html", context)
