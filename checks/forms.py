"""What the board and the page of limits send, read and told in the user's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from checks.board import Trouble
from checks.cells import Cell, Seat, seat_of, values_of
from checks.entry import AskAgain, AskWhose, NotSaved, Refused, confirm, take_away, write
from checks.growth import TABLES
from checks.kinds import CheckKind, Quantity
from checks.limits import Limits
from checks.models import (
    LOWER_BELOW_UPPER,
    MARKS,
    MARKS_IN_ORDER,
    SCORES_IN_ORDER,
    URGENT_FROM_THE_MARK,
    Limit,
    Measurement,
)
from checks.reading import UNITS, Unreadable, read, read_number, with_unit, written
from participants.forms import fingerprint_of
from practices.models import Membership
from sessions.models import GroupSession

LONGEST = 40
NOTHING = "nothing"


class TypedField(forms.CharField):
    """Whatever was typed, kept to be shown again; what it means is said by `checks.reading`."""

    def __init__(self) -> None:
        super().__init__(required=False)
        self.validators = []

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "")[:LONGEST]


class CellForm(forms.Form):
    """One reading of one cell. Only what was typed can be wrong; the rest is written by the page itself."""

    cell = forms.RegexField(r"^\d{1,18}-\d{1,18}-[a-z_]+$")
    reading = forms.IntegerField(min_value=1, max_value=3)
    seen = forms.IntegerField(required=False)
    key = forms.UUIDField(required=False)
    first = TypedField()
    second = TypedField()
    # What the page asked about and the user said yes to.
    confirmed = forms.CharField(required=False)
    # After somebody else changed the cell: keep theirs, or use mine. Of what she typed herself: it is right.
    # Of what a member of staff stands as having measured: it was herself.
    choice = forms.ChoiceField(required=False, choices=[("mine", ""), ("theirs", ""), ("confirm", ""), ("herself", "")])
    # Whose page it was typed on, and who says that it is hers all the same.
    typed_by = forms.IntegerField(required=False)
    mine_by = forms.IntegerField(required=False)
    # Herself, who types, or the membership of somebody else who leads the evening.
    taken_by = forms.RegexField(r"^(self|me|\d{1,18})$", required=False)

    def clean_cell(self) -> tuple[int, int | None, CheckKind]:
        place, child, kind = self.cleaned_data["cell"].split("-")
        if kind not in CheckKind.values:
            raise ValidationError(_("This is not measured here."))
        return int(place), int(child) or None, CheckKind(kind)

    def seat_in(self, session: GroupSession) -> Seat | None:
        place, child, _kind = self.cleaned_data["cell"]
        return seat_of(session, place, child)

    @property
    def kind(self) -> CheckKind:
        kind: CheckKind = self.cleaned_data["cell"][2]
        return kind

    def save(self, cell: Cell, *, limits: Limits, by: Membership, now: datetime) -> Trouble | None:
        """Keep what was typed in this cell of a locked session; what was not taken comes back with the reason."""
        data = self.cleaned_data
        typed = tuple(part.strip() for part in (data["first"], data["second"]))
        reading, seen = data["reading"], data["seen"]
        if data["choice"] == "theirs":
            return None
        if not any(typed):
            return self._empty(cell, by=by, now=now)
        yes = ""
        try:
            values = read(cell.kind, *typed)
            yes = written(cell.kind, values)
            standing = cell.readings.get(reading)
            # A value that she has not seen is shown to her first.
            is_seen = seen == (standing.pk if standing else None)
            if is_seen and data["typed_by"] not in (None, by.pk) and data["mine_by"] != by.pk:
                words = _("Somebody else opened this page. Keep this under your name, %(name)s?")
                raise AskWhose(words % {"name": by.user.name}, by.pk)
            if data["choice"] == "confirm" and (standing is None or values_of(standing) == values):
                confirm(cell, reading=reading, by=by, seen=seen, now=now)
                return None
            write(
                cell,
                values,
                limits=limits,
                reading=reading,
                by=by,
                taken_by=self._taken_by(standing, by=by, session=cell.session),
                seen=seen,
                key=data["key"],
                confirmed=data["confirmed"] == yes,
                now=now,
            )
        except Unreadable as unreadable:
            return Trouble(reading, typed, Refused(unreadable.words))
        except NotSaved as why:
            chosen = {name: data[name] for name in ("choice", "mine_by") if data[name]}
            return Trouble(reading, typed, why, yes, chosen)
        return None

    def _taken_by(self, standing: Measurement | None, *, by: Membership, session: GroupSession) -> Membership | None:
        """Who measured, None for herself. A correction of the number leaves the name, unless another one is given.

        Raises Refused where somebody is named who does not lead the evening.
        """
        named, choice = self.cleaned_data["taken_by"], self.cleaned_data["choice"]
        if choice == "herself":
            return None
        if named == "me":
            return by
        if named.isdecimal():
            leads = session.leads.standing().filter(membership=int(named))
            if found := leads.select_related("membership__user").first():
                return found.membership
            raise Refused(_("Who measured does not lead this session any more. Choose again."))
        # Whose number was not the one that stands now has not been corrected, but measured apart.
        return standing.taken_by if standing and choice != "mine" else None

    def _empty(self, cell: Cell, *, by: Membership, now: datetime) -> Trouble | None:
        """A cell that was emptied: what stood there is taken away once that was meant."""
        reading = self.cleaned_data["reading"]
        standing = cell.readings.get(reading)
        if standing is None:
            return None
        try:
            if self.cleaned_data["confirmed"] != NOTHING:
                raise AskAgain(_("The cell is empty now. Take the value away?"))
            take_away(cell, reading=reading, by=by, seen=self.cleaned_data["seen"], now=now)
        except NotSaved as why:
            return Trouble(reading, ("", ""), why, NOTHING)
        return None


ALL_NUMBERS = ("refuse_below", "refuse_above", "mark_below", "mark_from", "urgent_from")
# What can be asked of each quantity.
NUMBERS: dict[Quantity, tuple[str, ...]] = {
    Quantity.SYSTOLIC: (*ALL_NUMBERS, "readings_apart"),
    Quantity.DIASTOLIC: (*ALL_NUMBERS, "readings_apart"),
    Quantity.PULSE: ("ask_below",),
    Quantity.WEIGHT: (*ALL_NUMBERS, "ask_change"),
    Quantity.BABY_WEIGHT: (*ALL_NUMBERS, "ask_change", "ask_drop"),
    Quantity.BABY_LENGTH: (*ALL_NUMBERS, "ask_drop"),
    Quantity.BABY_HEAD: (*ALL_NUMBERS, "ask_drop"),
}
# In whole standard deviations of WHO's table, where there is one.
SCORES = ("ask_z_below", "ask_z_above")


LABELS = {
    "refuse_below": _("Refuse below"),
    "refuse_above": _("Refuse above"),
    "mark_below": _("Mark below"),
    "mark_from": _("Mark from"),
    "urgent_from": _("Urgent from"),
    "ask_below": _("Ask again below"),
    "ask_change": _("Ask again at a difference of more than"),
    "ask_drop": _("Ask again when it is less by more than"),
    "readings_apart": _("Third reading at a difference of more than"),
    "ask_z_below": _("Ask again below this many standard deviations (WHO)"),
    "ask_z_above": _("Ask again above this many standard deviations (WHO)"),
}

OVERTAKEN = _("Somebody else changed this while you were typing. Look at what is kept now and save again.")


class NumberField(forms.CharField):
    """A limit, typed in the unit that the quantity is shown in; empty means that nothing is asked of it."""

    def __init__(self, quantity: Quantity, label: str | Promise) -> None:
        super().__init__(required=False, label=f"{label} ({UNITS[quantity].name})")
        self.quantity = quantity
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> int | None:
        typed = super().clean(value)
        try:
            return read_number(self.quantity, typed) if typed else None
        except Unreadable as unreadable:
            raise ValidationError(unreadable.words) from unreadable


def refusal_in_words(quantity: Quantity, below: int | None, above: int | None) -> str:
    """Between which numbers a mark may start, in the unit that is shown; empty where nothing is refused."""
    if below is not None and above is not None:
        facts = {"lower": UNITS[quantity].write(below), "upper": with_unit(quantity, above)}
        return _("Between %(lower)s and %(upper)s, the limits of refusal.") % facts
    if below is not None:
        return _("At least %(number)s, the limit of refusal.") % {"number": with_unit(quantity, below)}
    if above is not None:
        return _("At most %(number)s, the limit of refusal.") % {"number": with_unit(quantity, above)}
    return ""


class LimitForm(forms.Form):
    """New limits of one quantity from a day on; those that were set from that day before are replaced.

    `rows` are all of the quantity, newest first. The page sends back, as `seen`, the `fingerprint` of what they were.
    """

    quantity = forms.ChoiceField(choices=Quantity.choices, widget=forms.HiddenInput)
    valid_from = forms.DateField(
        label=_("Valid from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "Limits set from the same day are replaced. Values that were entered already stay as they are marked."
        ),
    )

    def __init__(
        self, data: QueryDict | None = None, *, quantity: Quantity, today: date, rows: Sequence[Limit] = ()
    ) -> None:
        scores = SCORES if quantity in TABLES else ()
        present = next((row for row in rows if row.valid_from <= today), None)
        numbers = model_to_dict(present, fields=NUMBERS[quantity]) if present else {}
        shown = {name: UNITS[quantity].write(number) for name, number in numbers.items() if number is not None}
        shown |= model_to_dict(present, fields=scores) if present and scores else {}
        super().__init__(data, initial={"quantity": quantity, "valid_from": today, **shown}, prefix=quantity)
        self.about, self.today, self.rows = quantity, today, rows
        self.fingerprint = fingerprint_of(model_to_dict(row) for row in rows)
        for name in NUMBERS[quantity]:
            self.fields[name] = NumberField(quantity, LABELS[name])
        for name in scores:
            self.fields[name] = forms.IntegerField(
                label=LABELS[name], required=False, min_value=-20, max_value=20, widget=forms.TextInput
            )

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day < self.today:
            raise ValidationError(_("Choose today or a later day."))
        return day

    @property
    def is_overtaken(self) -> bool:
        """Whether what is kept is no longer what the page was filled with."""
        return bool(self.rows) and self.data.get("seen") != self.fingerprint

    def clean(self) -> None:
        if self.is_overtaken:
            self.add_error(None, OVERTAKEN)
        below, above, lower, upper, urgent = map(self.cleaned_data.get, ALL_NUMBERS)
        if below is not None and above is not None and below >= above:
            self.add_error("refuse_above", LOWER_BELOW_UPPER)
        else:
            self._hold_marks_within(below, above)
        if lower is not None and upper is not None and lower >= upper:
            self.add_error("mark_from", MARKS_IN_ORDER)
        if upper is not None and urgent is not None and upper > urgent:
            self.add_error("urgent_from", URGENT_FROM_THE_MARK)
        lowest, highest = map(self.cleaned_data.get, SCORES)
        if lowest is not None and highest is not None and lowest >= highest:
            self.add_error("ask_z_above", SCORES_IN_ORDER)

    def _hold_marks_within(self, below: int | None, above: int | None) -> None:
        for name in MARKS:
            mark = self.cleaned_data.get(name)
            if mark is not None and ((below is not None and mark < below) or (above is not None and mark > above)):
                self.add_error(name, refusal_in_words(self.about, below, above))

    def save(self, *, owner: Membership) -> Limit:
        """The row of that day with these numbers and their owner; what it said before stays in the history."""
        day = self.cleaned_data["valid_from"]
        limit = next((row for row in self.rows if row.valid_from == day), None) or Limit(
            practice_id=owner.practice_id, quantity=self.about, valid_from=day
        )
        limit.owner = owner
        for name in LABELS.keys() & self.fields.keys():
            setattr(limit, name, self.cleaned_data[name])
        limit.save()
        return limit
