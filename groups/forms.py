from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from groups.models import LONGEST_LINK, CareGroup, Reason


class LinkField(forms.URLField):
    """A link that a browser opens."""

    default_validators = [URLValidator(schemes=["http", "https"])]
    default_error_messages = {
        "invalid": _("Give the link as the online room shows it, for instance https://example.org/room.")
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_LINK, assume_scheme="https", **options)


class SizeField(forms.IntegerField):
    """So many people in a group."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=30, **options)


def refuse_sizes_that_fall(form: forms.BaseForm, given: dict[str, Any]) -> None:
    """Say at the field in the middle that the three sizes must rise."""
    sizes = [given.get(name) for name in ("minimum", "target", "maximum")]
    known = [size for size in sizes if size is not None]
    if known != sorted(known):
        form.add_error("target", _("Use sizes that rise: at least, full at, at most."))


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """What may change of a group that is there: to be bound to one whose row is held."""

    minimum, target, maximum = (
        SizeField(label=_("At least")),
        SizeField(label=_("Full at")),
        SizeField(label=_("At most")),
    )
    online_url = LinkField(
        label=_("Link to the online room"),
        help_text=_("Messages that still leave, and calendars, carry the new link."),
        error_messages={"required": _("An online group needs the link to its online room.")},
    )

    class Meta:
        model = CareGroup
        fields = ["name", "language", "minimum", "target", "maximum", "online_url"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.mode == CareGroup.Mode.IN_PERSON:
            del self.fields["online_url"]

    def clean_maximum(self) -> int:
        maximum: int = self.cleaned_data["maximum"]
        taken = self.instance.enrolments.taking_a_place().count()
        if maximum < taken:
            raise forms.ValidationError(
                ngettext("%(taken)d person has a place here.", "%(taken)d people have a place here.", taken)
                % {"taken": taken}
            )
        return maximum

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        refuse_sizes_that_fall(self, given)
        return given


class LeaveForm(forms.Form):
    """Why somebody leaves a group; counted, so that the practice learns from it."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *Reason.choices],
        error_messages={"required": _("Choose a reason; “unknown” is one too.")},
    )
