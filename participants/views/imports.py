"""Bringing in a practice's registrations: a file, then what in it must be mended. Nothing is stored in between."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from participants.access_log import record_access
from participants.columns import registrations_in
from participants.forms import RowForm, UploadForm
from participants.importing import import_registrations
from participants.sample import as_csv, as_xlsx, sample_rows
from participants.spreadsheet import UnreadableSheet, read_rows
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS

# More than these are better mended in the file itself, which may be imported again.
ROWS_TO_MEND = 50
SAMPLES = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@practice_view(roles=PLANNERS)
def import_people(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "participants/import.html", {"form": UploadForm()})
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            table = registrations_in(read_rows(form.cleaned_data["file"].read()))
        except UnreadableSheet as refused:
            form.add_error("file", str(refused.words))
        else:
            today = timezone.localdate()
            rows = [RowForm.of(values, row=number, today=today) for number, values in table.rows]
            return _import(request, rows, unused=table.unused)
    return render(request, "participants/import.html", {"form": form}, status=422)


@practice_view(roles=PLANNERS)
@require_POST
def mend(request: StaffRequest) -> HttpResponse:
    """The rows that were not in order, as somebody mended them on the screen."""
    return _import(request, _posted_rows(request, today=timezone.localdate()))


def _posted_rows(request: StaffRequest, *, today: date) -> list[RowForm]:
    asked = request.POST.getlist("row")[:ROWS_TO_MEND]
    numbers = dict.fromkeys(int(text) for text in asked if len(text) <= 6 and text.isascii() and text.isdecimal())
    rows = [RowForm(request.POST, row=number, today=today) for number in numbers]
    return [row for row in rows if not row.is_left_out]


def _import(request: StaffRequest, rows: list[RowForm], *, unused: object = ()) -> HttpResponse:
    now = timezone.now()
    good = {row.row: row for row in rows if row.is_valid()}
    outcome = import_registrations([row.registration for row in good.values()], by=request.membership, now=now)
    for registration, words in outcome.refused:
        good[registration.row].add_error("client_number", words)
    record_access(
        [known.participant for known in outcome.differing], by=request.membership, page="participants:import", now=now
    )
    wrong = [row for row in rows if row.errors]
    context = {
        "outcome": outcome,
        "to_mend": wrong[:ROWS_TO_MEND],
        "left_in_file": wrong[ROWS_TO_MEND:],
        "number_to_mend": len(wrong),
        "unused": unused,
        "form": UploadForm(),
    }
    return render(request, "participants/imported.html", context)


@practice_view(roles=PLANNERS)
def sample(request: StaffRequest, extension: str) -> HttpResponse:
    """A spreadsheet to try it with, made for today."""
    if extension not in SAMPLES:
        raise Http404
    write, content_type = SAMPLES[extension]
    data = write(sample_rows(request.practice.kind, timezone.localdate()))
    name = f'attachment; filename="registraties.{extension}"'
    return HttpResponse(data, content_type=content_type, headers={"Content-Disposition": name})
