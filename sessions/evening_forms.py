"""What is entered in an evening."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.models import Attendance, PlanItem

YES, NO = "yes", "no"


class ArrivalForm(forms.Form):
    """What became of one place: an outcome, whether the partner came along, or both. What is left out stays."""

    outcome = forms.ChoiceField(
        label=_("What happened?"), choices=Attendance.Outcome.choices, widget=forms.RadioSelect, required=False
    )
    with_partner = forms.ChoiceField(
        label=_("Did a partner come along?"),
        choices=[(YES, _("yes")), (NO, _("no"))],
        widget=forms.RadioSelect,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            self.add_error("outcome", _("Choose what happened."))
        return cleaned

    @property
    def partner(self) -> bool | None:
        said = self.cleaned_data["with_partner"]
        return said == YES if said else None


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
