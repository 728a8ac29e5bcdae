from django import forms
from django.utils.translation import gettext_lazy as _

from groups.models import Reason


class LeaveForm(forms.Form):
    """Why somebody leaves a group; counted, so that the practice learns from it."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *Reason.choices],
        error_messages={"required": _("Choose a reason; “unknown” is one too.")},
    )
