from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.models import GroupSession


class AnswerForm(forms.Form):
    """Whether she comes to one of these sessions (by number)."""

    session = forms.TypedChoiceField(
        coerce=int, error_messages={"invalid_choice": _("This appointment cannot be answered any more.")}
    )
    is_coming = forms.TypedChoiceField(
        choices=[("yes", _("I come")), ("no", _("I can't"))], coerce=lambda value: value == "yes"
    )

    def __init__(self, *args: Any, sessions: Mapping[int, GroupSession], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sessions = sessions
        cast(forms.ChoiceField, self.fields["session"]).choices = [(number, number) for number in sessions]

    def clean_session(self) -> GroupSession:
        return self.sessions[self.cleaned_data["session"]]


class EmailWishForm(forms.Form):
    """Whether she wants e-mails."""

    by_email = forms.TypedChoiceField(choices=[("yes", _("yes")), ("no", _("no"))], coerce=lambda value: value == "yes")
