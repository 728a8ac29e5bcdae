"""When staff are away: each for herself, a coordinator for everybody."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from practices.access import StaffRequest, practice_view
from practices.forms import AbsenceForm
from practices.models import AWAY_ALREADY, Absence, Membership


@practice_view()
def absences(request: StaffRequest, pk: int) -> HttpResponse:
    today = timezone.localdate()
    members = Membership.objects.visible_to(request.membership).select_related("user")
    member = get_object_or_404(members, pk=pk)
    if not request.membership.keeps_absences_of(member):
        raise Http404
    new = Absence(
        practice=request.practice, membership=member, entered_at=timezone.now(), entered_by=request.membership
    )
    form = AbsenceForm(request.POST if request.method == "POST" else None, instance=new, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                form.save()
        except IntegrityError:
            # Sent twice at one moment.
            form.add_error("starts_on", AWAY_ALREADY)
        else:
            messages.success(request, _("Saved. Sessions that are planned already stay; they are listed here."))
            return redirect("practices:absences", request.practice.slug, pk)
    context = {
        "member": member,
        "is_own": member.pk == request.membership.pk,
        "form": form,
        "absences": member.absences.filter(ends_on__gte=today),
    }
    return render(request, "practices/absences.html", context, status=422 if form.errors else 200)


@practice_view()
@require_POST
def absence_remove(request: StaffRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.editable_by(request.membership), pk=pk)
    absence.delete()
    messages.success(request, _("Taken away: these days are free to plan again."))
    return redirect("practices:absences", request.practice.slug, absence.membership_id)
