"""What somebody fills in about a schedule template: its name and sizes, and a row for each of its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from participants.forms import KeepingForm, fingerprint_of
from practices.models import Membership
from sessions.library import LibraryTopic, Moment
from sessions.offsets import EXAMPLES, Unreadable, in_words, read
from sessions.schedule import Anchor, Part, Step
from sessions.schedule_templates import ANCHOR_LABELS, ANCHORS, TEMPLATE_NAME_TAKEN, PartnerPolicy, ScheduleTemplate
from sessions.templates import keep_steps, lacks_partners

MOST_SESSIONS = 30
# domain.md, 1 and 4.
USUAL_SIZES = {
    CareGroup.Kind.PREGNANCY: (6, 10, 12),
    CareGroup.Kind.PARENTING: (5, 7, 8),
    CareGroup.Kind.THEME: (5, 8, 12),
}


class NumberField(forms.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput({"inputmode": "numeric"}), **options)


class ScheduleForm(KeepingForm):
    """The head of a template. `instance` carries the practice, the kind, and sizes that rise."""

    minimum = NumberField(label=_("At least"), min_value=1, max_value=30)
    target = NumberField(label=_("Full at"), min_value=1, max_value=30)
    maximum = NumberField(label=_("At most"), min_value=1, max_value=30)
    school_weeks = NumberField(
        label=_("Weeks for school holidays"),
        min_value=0,
        max_value=8,
        help_text=_(
            "So many weeks a session may move, inside its margin, to avoid the school holidays; 0 ignores them."
        ),
    )

    class Meta:
        model = ScheduleTemplate
        fields = ["name", "minimum", "target", "maximum", "school_weeks"]

    def __init__(self, *args: Any, by: Membership, steps: Sequence[Step], **options: Any) -> None:
        super().__init__(*args, **options)
        self.by = by
        self.fingerprint = fingerprint_of([*self.kept.values(), *steps])

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = ScheduleTemplate.objects.visible_to(self.by).exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(TEMPLATE_NAME_TAKEN)
        return name

    def clean(self) -> None:
        super().clean()
        sizes = [self.cleaned_data.get(name) for name in ("minimum", "target", "maximum")]
        known = [size for size in sizes if size is not None]
        if known != sorted(known):
            self.add_error("target", _("Use sizes that rise: at least, full at, at most."))
            # The row keeps the sizes it had, or its constraint would say the same once more.
            for name in ("minimum", "maximum"):
                self.cleaned_data.pop(name, None)


class StepForm(forms.Form):
    """One session of a template of this kind."""

    anchor = forms.ChoiceField(label=_("Counted from"))
    when = forms.CharField(label=_("When"), max_length=40)
    theme = forms.CharField(label=_("Theme"), max_length=120)
    partners = forms.ChoiceField(label=_("Partners"), choices=PartnerPolicy.choices)
    minutes = NumberField(label=_("Length in minutes"), min_value=15, max_value=480)
    margin_days = NumberField(
        label=_("Margin in days"),
        min_value=0,
        max_value=60,
        help_text=_("How far it may move either way to avoid a closed day."),
    )
    topics = forms.CharField(
        label=_("Topics, one a line"), required=False, widget=forms.Textarea({"rows": 4}), max_length=4000
    )
    with_doctor = forms.BooleanField(label=_("Doctor expected"), required=False)
    # The number of the kept session whose plan this one goes on with.
    was = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.anchors = ANCHORS[CareGroup.Kind(kind)]
        if len(self.anchors) == 1:
            del self.fields["anchor"]
        else:
            choices: Any = self.fields["anchor"]
            choices.choices = [(anchor.value, ANCHOR_LABELS[anchor]) for anchor in self.anchors]

    def clean_topics(self) -> tuple[str, ...]:
        lines = (" ".join(line.split()) for line in self.cleaned_data["topics"].splitlines())
        topics = tuple(line for line in lines if line)
        if any(len(topic) > 120 for topic in topics):
            raise forms.ValidationError(_("Use at most 120 letters for a topic."))
        return topics

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        anchor = given["anchor"] = Anchor(given["anchor"]) if "anchor" in given else self.anchors[0]
        if "when" in given and "anchor" not in self.errors:
            try:
                given["days"] = read(given["when"], anchor)
            except Unreadable as unreadable:
                self.add_error("when", str(unreadable.words))
        return given

    @property
    def place(self) -> tuple[int, int]:
        """Where the session stands among the others, once its day is known."""
        return self.anchors.index(self.cleaned_data["anchor"]), self.cleaned_data["days"]

    @property
    def has_hidden_errors(self) -> bool:
        """Whether something is wrong in the part that is folded away."""
        return any(name in self.errors for name in ("minutes", "margin_days", "topics", "with_doctor"))

    def as_step(self, number: int, *, kept: Sequence[Part], suggested: Mapping[str, int]) -> Step:
        """The session with its plan: what is kept of each topic, and for a new one the format that is `suggested`."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("when", "was", "topics")}
        return Step(number=number, **given, plan=retitled(kept, self.cleaned_data["topics"], suggested))


def retitled(kept: Sequence[Part], titles: Sequence[str], suggested: Mapping[str, int]) -> tuple[Part, ...]:
    """The plan with these topics in this order; a topic that was there keeps its format, minutes and materials."""
    known = {part.title.casefold(): part for part in reversed(kept) if part.moment == Moment.TOPIC}
    topics = [
        replace(known[title.casefold()], title=title)
        if title.casefold() in known
        else Part(title=title, format_id=suggested.get(title.casefold()))
        for title in titles
    ]
    opening = [part for part in kept if part.moment == Moment.OPENING]
    closing = [part for part in kept if part.moment == Moment.CLOSING]
    return (*opening, *topics, *closing)


def written(step: Step) -> dict[str, Any]:
    """A session as its row shows it."""
    return {
        **step.as_json(),
        "when": in_words(step.days, step.anchor),
        "topics": "\n".join(step.topics),
        "was": step.number,
    }


class Sheet:
    """The whole page of a template: its head and its rows, filled in together and kept together.

    `steps` are the sessions to begin with: those that are kept, for a new template those it is to begin with. With
    `data` the sheet is what somebody typed, in order once `is_valid()` says so.
    """

    def __init__(
        self, template: ScheduleTemplate, *, by: Membership, steps: Sequence[Step], data: QueryDict | None = None
    ) -> None:
        self.template, self.kept, self.name = template, steps, template.name
        self.head = ScheduleForm(data, instance=template, by=by, steps=steps)
        self.seen = self.head.fingerprint
        if data is None:
            self.rows = [self._row(index, initial=written(step)) for index, step in enumerate(steps)]
        else:
            self.rows = [self._row(index, data=data) for index in indexes_in(data)]

    def _row(self, index: int, **options: Any) -> StepForm:
        return StepForm(prefix=str(index), kind=self.template.kind, use_required_attribute=False, **options)

    @property
    def how_to_say_when(self) -> str:
        return " ".join(str(EXAMPLES[anchor]) for anchor in ANCHORS[CareGroup.Kind(self.template.kind)])

    @property
    def kept_in_words(self) -> list[str]:
        """What is kept now, a line for each session."""
        return [
            f"{in_words(step.days, step.anchor)} ({ANCHOR_LABELS[step.anchor]}): {step.theme}, {step.minutes} min,"
            f" {PartnerPolicy(step.partners).label}"
            for step in self.kept
        ]

    # Changing which rows there are --------------------------------------------------------------------------------

    def retype(self, data: QueryDict) -> None:
        """Show what was typed as it is, with a row more or less as a button asked; nothing is judged or kept."""
        self.head.initial = typed_in(self.head, data)
        self.seen = data.get("seen", "")
        indexes = indexes_in(data)
        self.rows = [
            self._row(index, initial=typed_in(self._row(index), data))
            for index in indexes
            if str(index) != data.get("remove")
        ]
        if "add" in data:
            added = self._row(max(indexes, default=-1) + 1, initial=self._begun())
            added.fields["when"].widget.attrs["autofocus"] = True
            self.rows.append(added)

    def _begun(self) -> Mapping[str, Any]:
        """What a new row is filled with: counted from where the one before it is, as long and as free to move."""
        begun = {"partners": PartnerPolicy.WELCOME, "minutes": 120, "margin_days": 7}
        last = self.rows[-1].initial if self.rows else {}
        return {**begun, **{name: last[name] for name in ("anchor", "minutes", "margin_days") if name in last}}

    # Judging and keeping ------------------------------------------------------------------------------------------

    @property
    def lacks_partners(self) -> bool:
        return lacks_partners(self.template, [row["partners"].value() for row in self.rows])

    @property
    def is_overtaken(self) -> bool:
        return self.head.is_bound and self.head.is_overtaken

    def is_valid(self) -> bool:
        in_order = [form.is_valid() for form in (self.head, *self.rows)]
        if not self.rows:
            self.head.add_error(None, _("A schedule has at least one session. Add one."))
        elif len(self.rows) > MOST_SESSIONS:
            told = {"number": len(self.rows), "most": MOST_SESSIONS}
            self.head.add_error(None, _("These are %(number)s sessions; a schedule has at most %(most)s.") % told)
        elif all(in_order[1:]):
            self._check_days()
        return not self.head.errors and not any(row.errors for row in self.rows)

    def _check_days(self) -> None:
        taken: set[tuple[int, int]] = set()
        for row in self.rows:
            if row.place in taken:
                row.add_error("when", _("Another session is on this day already. Choose another day."))
            else:
                taken.add(row.place)
        first = min(self.rows, key=lambda row: row.place)
        if self.template.kind == CareGroup.Kind.THEME and first.cleaned_data.get("days"):
            first.add_error("when", _("The first session is day 0: the others are counted from it."))

    def save(self) -> None:
        """Keep the head and the rows of a sheet that is in order. Raises IntegrityError when the name was taken."""
        rows = sorted(self.rows, key=lambda row: row.place)
        with transaction.atomic():
            self.head.save()
            keep_steps(self.template, self._as_steps(rows))

    def _as_steps(self, rows: Sequence[StepForm]) -> list[Step]:
        plans = {step.number: step.plan for step in self.kept}
        library = LibraryTopic.objects.visible_to(self.head.by).for_kind(self.template.kind)
        suggested = {
            title.casefold(): pk
            for title, pk in library.exclude(suggested=None).values_list("title", "suggested")
            if pk is not None
        }
        return [
            row.as_step(number, kept=plans.get(row.cleaned_data["was"], ()), suggested=suggested)
            for number, row in enumerate(rows, 1)
        ]


def indexes_in(data: QueryDict) -> list[int]:
    """The rows that the page was sent with, in their order."""
    return list(dict.fromkeys(int(index) for index in data.getlist("row") if index.isdecimal() and len(index) < 5))


def typed_in(form: forms.BaseForm, data: QueryDict) -> dict[str, Any]:
    """What stands in the fields of this form, as it was typed."""
    return {
        name: field.widget.value_from_datadict(data, {}, form.add_prefix(name)) for name, field in form.fields.items()
    }
