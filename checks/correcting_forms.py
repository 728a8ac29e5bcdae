"""What is typed to correct a value of a closed evening."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from checks.board import Column
from checks.correcting import AskToReview, Line
from checks.entry import NotSaved
from checks.reading import Unreadable, read, written
from participants.forms import ask_about_bsn, not_a_bsn_field

LONGEST = 40


class CorrectionForm(forms.Form):
    """The value as it should be, in the fields of its kind, and why; a note where it is reviewed by this."""

    first = forms.CharField(max_length=LONGEST, error_messages={"required": _("Type the value as it should be.")})
    second = forms.CharField(max_length=LONGEST, required=False, label=_("Lower number"))
    reason = forms.CharField(
        label=_("Why is it corrected?"),
        max_length=200,
        error_messages={"required": _("Say why."), "max_length": _("Keep it to 200 characters.")},
    )
    note = forms.CharField(
        label=_("Note, if wanted"),
        max_length=500,
        required=False,
        widget=forms.HiddenInput,
        error_messages={"max_length": _("Keep it to 500 characters.")},
    )
    not_a_bsn = not_a_bsn_field()
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, line: Line) -> None:
        super().__init__(data, auto_id="id_%s")
        self.line, column = line, Column.of(line.kind)
        self.fields["first"].label = _("Upper number") if column.is_pressure else capfirst(column.label)
        if not column.is_pressure:
            del self.fields["second"]
        for name in ("first", "second"):
            if name in self.fields:
                self.fields[name].widget.attrs |= {"inputmode": column.inputmode, "autocomplete": "off"}

    def clean(self) -> None:
        ask_about_bsn(self, ("reason", "note"))

    @property
    def typed(self) -> tuple[str, ...]:
        return (self.cleaned_data["first"], self.cleaned_data.get("second", ""))

    @property
    def value(self) -> str:
        """What was typed, as it is written; empty where it is no value."""
        try:
            return written(self.line.kind, read(self.line.kind, *self.typed))
        except Unreadable:
            return ""

    def tell(self, why: NotSaved) -> None:
        """Say beside the value why it was not taken; whoever is asked to review it may add a note."""
        self.add_error("first", why.words)
        if isinstance(why, AskToReview):
            self.fields["note"].widget = forms.TextInput({"autocomplete": "off"})
