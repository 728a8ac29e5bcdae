from django import forms
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from insight.funnel import Period


class ShowForm(forms.Form):
    """Which groups the overview counts. What is missing or makes no sense is the default."""

    period = forms.ChoiceField(label=_("Groups"), required=False, choices=Period.choices, initial=Period.YEAR)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *CareGroup.Kind.choices])

    @property
    def asked(self) -> dict[str, str]:
        chosen = self.cleaned_data if self.is_bound and (self.is_valid() or self.cleaned_data) else {}
        return {"period": chosen.get("period") or Period.YEAR, "kind": chosen.get("kind") or ""}
