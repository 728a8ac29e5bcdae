"""What is entered in an evening."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from participants.forms import KeepingForm, ask_about_bsn, not_a_bsn_field, refuse_bsn
from sessions.company import MOST_BABIES
from sessions.models import Guest, PlanItem, TurnNote
from sessions.seats import outcomes_of

YES, NO = "yes", "no"


class ArrivalForm(forms.Form):
    """What became of one place: an outcome, whether the partner came along, or both. What is left out stays."""

    outcome = forms.ChoiceField(label=_("What happened?"), widget=forms.RadioSelect, required=False)
    with_partner = forms.ChoiceField(
        label=_("Did a partner come along?"),
        choices=[(YES, _("yes")), (NO, _("no"))],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, group: CareGroup) -> None:
        super().__init__(data)
        self.fields["outcome"].choices = [(outcome, words) for outcome, words, _icon in outcomes_of(group)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            self.add_error("outcome", _("Choose what happened."))
        return cleaned

    @property
    def partner(self) -> bool | None:
        said = self.cleaned_data["with_partner"]
        return said == YES if said else None


class NoteForm(KeepingForm):
    """What is noted of one person's turn. Without words there is no note."""

    text = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Only those who lead this group read it. It stands in no message."),
        error_messages={"max_length": _("Keep it to 500 characters.")},
    )
    not_a_bsn = not_a_bsn_field()

    class Meta:
        model = TurnNote
        fields = ["text"]

    @property
    def is_overtaken(self) -> bool:
        """Sent twice, it says what is kept already."""
        return super().is_overtaken and self.cleaned_data.get("text", "") != self.kept["text"]

    def clean(self) -> None:
        super().clean()
        ask_about_bsn(self, ["text"])

    def validate_constraints(self) -> None:
        """An emptied note is taken away, so that no row is without words."""

    def save(self, commit: bool = True) -> TurnNote:
        """The same words once more leave it to who wrote them."""
        note: TurnNote = self.instance
        if "text" not in self.changed_data:
            return note
        if note.text:
            note.save()
        elif note.pk:
            note.delete()
        return note


class TopicForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = PlanItem
        fields = ["title"]
        labels = {"title": _("Another topic")}
        error_messages = {
            "title": {
                "required": _("Write down what it is about."),
                "max_length": _("Keep it to 120 characters."),
            }
        }

    def clean(self) -> None:
        super().clean()
        refuse_bsn(self, self.fields)


class GuestForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Guest
        fields = ["name", "what_for"]
        labels = {"name": _("Name of a guest"), "what_for": _("What for")}
        help_texts = {"what_for": _("A doctor, somebody of a partner, a grandmother.")}
        error_messages = {"name": {"required": _("Write down who comes.")}}

    def clean(self) -> None:
        super().clean()
        refuse_bsn(self, self.fields)


class BabiesForm(forms.Form):
    babies = forms.IntegerField(
        min_value=0,
        max_value=MOST_BABIES,
        error_messages={
            name: _("Count the babies: a number from 0 to %(most)s.") % {"most": MOST_BABIES}
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )
