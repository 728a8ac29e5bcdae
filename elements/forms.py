"""Looking back on an evening, and opening it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from elements.answering import FIELDS
from elements.models import Debrief, Element, ElementAnswer, Reopening
from participants.forms import ask_about_bsn, fingerprint_of, not_a_bsn_field

LABELS = {field.name: field.verbose_name for field in Debrief._meta.fields if field.name in FIELDS}


class AnsweringForm(forms.Form):
    """One rater's answers about the asked elements. Every one may stay empty."""

    def __init__(self, data: Any = None, *, elements: Sequence[Element], answers: Mapping[str, str]) -> None:
        super().__init__(data)
        self.elements = elements
        for element in elements:
            self.fields[element.code] = forms.ChoiceField(
                label=element.label,
                choices=ElementAnswer.Answer.choices,
                widget=forms.RadioSelect,
                required=False,
                initial=answers.get(element.code),
                error_messages={"invalid_choice": _("Choose yes, partly or no.")},
            )

    @property
    def questions(self) -> list[tuple[Element, forms.BoundField]]:
        return [(element, self[element.code]) for element in self.elements]

    @property
    def answers(self) -> dict[Element, str]:
        return {
            element: self.cleaned_data[element.code] for element in self.elements if self.cleaned_data[element.code]
        }

    @property
    def unkept(self) -> list[tuple[str, str]]:
        """Question and answer, in words, of what was sent and is not what stood."""
        words = {value: str(label) for value, label in ElementAnswer.Answer.choices}
        sent = [(element.label, field.value()) for element, field in self.questions if self.is_new(field)]
        return [(question, words[answer]) for question, answer in sent if answer in words]

    def is_new(self, field: forms.BoundField) -> bool:
        return bool(field.value()) and field.name in self.changed_data


class LookingBackForm(AnsweringForm):
    """The answers of a facilitator, and her debrief in three fields, any of which may stay empty."""

    not_a_bsn = not_a_bsn_field()

    def __init__(
        self,
        data: Any = None,
        *,
        elements: Sequence[Element],
        answers: Mapping[str, str],
        debrief: Debrief | None,
    ) -> None:
        super().__init__(data, elements=elements, answers=answers)
        self.debrief = debrief
        self.kept = {name: debrief.serializable_value(name) if debrief else "" for name in FIELDS}
        # What the page was filled with comes back as `seen`: she may have written in another window since.
        self.fingerprint = fingerprint_of(self.kept.values())
        for name in FIELDS:
            self.fields[name] = forms.CharField(
                label=LABELS[name],
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 3}),
                initial=self.kept[name],
                error_messages={"max_length": _("Keep it to 2000 characters.")},
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        ask_about_bsn(self, [name for name in FIELDS if name in self.changed_data])
        if self.debrief and self.data.get("seen") != self.fingerprint:
            for name in self.changed_data:
                if name in FIELDS:
                    told = {"value": self.kept[name]}
                    other = _("Not saved yet. Kept meanwhile: “%(value)s”. Save again to put yours in its place.")
                    empty = _("Not saved yet: this page was changed meanwhile. Save again to keep this.")
                    self.add_error(name, other % told if self.kept[name] else empty)
        if self.debrief and not self.errors and not any(cleaned[name] for name in FIELDS):
            self.add_error("went_well", _("Leave at least one of the three: what was kept is not thrown away."))
        return cleaned

    @property
    def debrief_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in FIELDS]

    @property
    def unkept(self) -> list[tuple[str, str]]:
        said = [(str(field.label), field.value()) for field in self.debrief_fields if self.is_new(field)]
        return super().unkept + said

    @property
    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in FIELDS}


class ReopeningForm(forms.ModelForm):  # type: ignore[type-arg]
    not_a_bsn = not_a_bsn_field()

    class Meta:
        model = Reopening
        fields = ["reason"]
        labels = {"reason": _("Why is it opened again?")}
        error_messages = {"reason": {"required": _("Say why."), "max_length": _("Keep it to 200 characters.")}}

    def clean(self) -> None:
        super().clean()
        ask_about_bsn(self, ["reason"])
