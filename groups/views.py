from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from groups.events import link_changed
from groups.forms import GroupForm, LeaveForm
from groups.leading import worries
from groups.leaving import take_out
from groups.models import BY_ROLE, CareGroup, Enrolment
from groups.people import people_of, seats_of
from participants.access_log import record_access
from participants.models import Participant
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS


@practice_view()
def group(request: StaffRequest, pk: int) -> HttpResponse:
    """Who is in the group, around its circle."""
    now = timezone.now()
    group = get_object_or_404(CareGroup.objects.visible_to(request.membership).select_related("room"), pk=pk)
    may_plan, is_over = request.membership.has_any(PLANNERS), group.is_over(now)
    people = people_of(group)
    record_access([row.participant for row in people.everybody], by=request.membership, page="groups:group", now=now)
    urls = [reverse("participants:person", args=[request.practice.slug, row.participant_id]) for row in people.inside]
    everybody = group.facilitations.select_related("membership__user").order_by(BY_ROLE, "starts_on", "pk")
    today = timezone.localdate(now)
    facilitations = [each for each in everybody if not each.is_over(today)]
    context = {
        "group": group,
        "tab": "people",
        "people": people,
        "seats": seats_of(group, people.inside, urls),
        "facilitations": facilitations,
        "former": [each for each in everybody if each.is_over(today)],
        "worries": worries(
            group.language,
            usual=request.practice.language,
            leads=[(each.role, each.membership) for each in facilitations],
        ),
        "places_left": max(group.maximum - len(people.inside), 0),
        "today": today,
        "is_over": is_over,
        "may_plan": may_plan,
        # In a series that has ended nobody gets or gives up a place.
        "may_place": may_plan and not group.cancelled_at and not is_over,
    }
    return render(request, "groups/group.html", context)


@practice_view(roles=PLANNERS)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Its name, language, sizes and link, of a group that was not called off."""
    # Held, so that nobody takes a place while the sizes are compared with the places taken.
    groups = CareGroup.objects.editable_by(request.membership).alive().select_for_update(of=("self",), no_key=True)
    group = get_object_or_404(groups, pk=pk)
    form, name = GroupForm(request.POST if request.method == "POST" else None, instance=group), group.name
    if request.method == "POST" and form.is_valid():
        form.save()
        if "online_url" in form.changed_data:
            link_changed.send(CareGroup, group=group, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("groups:group", request.practice.slug, pk)
    context = {"form": form, "pk": pk, "name": name}
    return render(request, "groups/edit.html", context, status=422 if form.errors else 200)


@practice_view(roles=PLANNERS)
def leave(request: StaffRequest, pk: int, seat: int) -> HttpResponse:
    """Take somebody out of the group, with the reason."""
    rows = Enrolment.objects.editable_by(request.membership).involved().select_related("group", "participant")
    enrolment = get_object_or_404(rows, pk=seat, group=pk)
    form = LeaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        take_out(enrolment, reason=form.cleaned_data["reason"], by=request.membership, now=timezone.now())
        messages.success(request, _("%(name)s is out of the group.") % {"name": enrolment.participant.full_name})
        return redirect("groups:group", request.practice.slug, pk)
    record_access([enrolment.participant], by=request.membership, page="groups:leave", now=timezone.now())
    context = {"enrolment": enrolment, "group": enrolment.group, "form": form}
    return render(request, "groups/leave.html", context, status=422 if form.errors else 200)


@practice_view()
def of_participant(request: StaffRequest, pk: int) -> HttpResponse:
    """A fragment of a person's page: the groups she is or was in, newest first."""
    person = get_object_or_404(Participant.objects.visible_to(request.membership), pk=pk)
    rows = Enrolment.objects.visible_to(request.membership).filter(participant=person).select_related("group")
    context = {"person": person, "enrolments": rows.order_by("-group__created_at", "-pk")}
    return render(request, "groups/of_participant.html", context)
