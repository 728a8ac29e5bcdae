"""The plan of one session of a template as somebody fills it in: its opening, its topics in order, its closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from participants.forms import fingerprint_of
from practices.models import Membership
from sessions.library import ActivityFormat, LibraryTopic, Moment
from sessions.library_forms import MinutesField
from sessions.schedule import Part
from sessions.schedule_forms import indexes_in, typed_in
from sessions.schedule_templates import TemplateStep

MOST_TOPICS = 20
OVERTAKEN = _("Somebody else changed this while you were typing. Look at what is kept now and save again.")


class PartForm(forms.Form):
    """One thing on the plan. What opens and closes the evening is its activity format; a topic has a title too."""

    title = forms.CharField(label=_("Topic"), max_length=120)
    chosen = forms.TypedChoiceField(label=_("Activity format"), required=False, coerce=int, empty_value=None)
    minutes = MinutesField(required=False)
    materials = forms.CharField(label=_("Materials"), required=False, max_length=200)

    def __init__(self, *args: Any, moment: str, formats: Mapping[int, ActivityFormat], **options: Any) -> None:
        super().__init__(*args, **options)
        self.moment, self.formats = moment, formats
        if moment != Moment.TOPIC:
            del self.fields["title"]
        kept = self.initial.get("chosen")
        chosen: Any = self.fields["chosen"]
        offered = [
            (pk, row.name) for pk, row in formats.items() if pk == kept or (row.moment == moment and not row.retired_at)
        ]
        chosen.choices = [("", _("none")), *offered]
        if own := self.format:
            self.fields["minutes"].widget.attrs["placeholder"] = own.minutes
            self.fields["materials"].widget.attrs["placeholder"] = own.materials

    @property
    def format(self) -> ActivityFormat | None:
        """The activity format that stands in the row now."""
        key = str(self["chosen"].value() or "")
        return self.formats.get(int(key)) if key.isdecimal() and len(key) < 18 else None

    @property
    def planned(self) -> int:
        """How long this takes, as far as what was typed says so."""
        typed = str(self["minutes"].value() or "").strip()
        if typed.isdecimal():
            return int(typed[:3])
        return self.format.minutes if self.format else 0

    def as_part(self) -> Part | None:
        given = self.cleaned_data
        named = self.formats.get(given["chosen"])
        title = given.get("title") or (named.name if named else "")
        if not title:
            return None
        return Part(
            title=title,
            moment=str(self.moment),
            format_id=given["chosen"],
            minutes=given["minutes"],
            materials=given["materials"],
        )


class PlanSheet:
    """The whole page: what is kept, what somebody typed, or what was typed with a topic more or less."""

    def __init__(self, step: TemplateStep, *, by: Membership, data: QueryDict | None = None) -> None:
        self.step, self.data, self.by = step, data, by
        self.kept = step.as_step()
        self.formats = {row.pk: row for row in ActivityFormat.objects.visible_to(by)}
        self.library = list(LibraryTopic.objects.visible_to(by).for_kind(step.template.kind))
        self.trouble = ""
        topics = self._kept(Moment.TOPIC)
        self.opening = self._around(Moment.OPENING)
        self.closing = self._around(Moment.CLOSING)
        indexes = range(len(topics)) if data is None else indexes_in(data)
        self.rows = [self._row(index, topics[index] if index < len(topics) else None) for index in indexes]
        self.seen = fingerprint_of([self.kept]) if data is None else data.get("seen", "")

    def _kept(self, moment: str) -> list[Part]:
        return [part for part in self.kept.plan if part.moment == moment]

    def _around(self, moment: Moment) -> PartForm:
        kept = self._kept(moment)
        return self._form(moment.value, moment, kept[0] if kept else None)

    def _row(self, index: int, kept: Part | None) -> PartForm:
        return self._form(str(index), Moment.TOPIC, kept)

    def _form(self, prefix: str, moment: str, kept: Part | None) -> PartForm:
        return PartForm(
            self.data,
            prefix=prefix,
            moment=moment,
            formats=self.formats,
            initial=_written(kept),
            use_required_attribute=False,
        )

    @property
    def forms(self) -> Sequence[PartForm]:
        return [self.opening, *self.rows, self.closing]

    @property
    def minutes(self) -> int:
        return sum(form.planned for form in self.forms)

    @property
    def too_long(self) -> int:
        return max(0, self.minutes - self.step.minutes)

    @property
    def offered(self) -> list[LibraryTopic]:
        """Topics of the library that are not in the plan yet."""
        there = {str(row["title"].value() or "").casefold() for row in self.rows}
        return [topic for topic in self.library if topic.title.casefold() not in there]

    def retype(self, data: QueryDict) -> None:
        """Show what was typed with a topic more, less or higher, as a button asked; nothing is judged or kept."""
        self.seen = data.get("seen", "")
        self.opening, self.closing = (self._retyped(form, data) for form in (self.opening, self.closing))
        indexes = [index for index in indexes_in(data) if str(index) != data.get("remove")]
        up = data.get("up", "")
        if up.isdecimal() and int(up) in indexes[1:]:
            place = indexes.index(int(up))
            indexes[place - 1], indexes[place] = indexes[place], indexes[place - 1]
        self.rows = [self._retyped(self._row(index, None), data) for index in indexes]
        if "add" in data:
            self.rows.append(self._added(max(indexes, default=-1) + 1, data.get("from_library", "")))

    def _retyped(self, form: PartForm, data: QueryDict) -> PartForm:
        initial = typed_in(form, data)
        return PartForm(prefix=form.prefix, moment=form.moment, formats=self.formats, initial=initial)

    def _added(self, index: int, key: str) -> PartForm:
        topic = next((topic for topic in self.library if str(topic.pk) == key), None)
        begun = {"title": topic.title, "chosen": topic.suggested_id} if topic else {}
        row = PartForm(prefix=str(index), moment=Moment.TOPIC, formats=self.formats, initial=begun)
        row.fields["title"].widget.attrs["autofocus"] = True
        return row

    def is_valid(self) -> bool:
        in_order = [form.is_valid() for form in self.forms]
        if self.seen != fingerprint_of([self.kept]):
            self.trouble = str(OVERTAKEN)
        elif len(self.rows) > MOST_TOPICS:
            self.trouble = str(_("Keep it to %(most)s topics.") % {"most": MOST_TOPICS})
        return all(in_order) and not self.trouble

    def save(self) -> None:
        """Keep a sheet that is in order."""
        parts = [form.as_part() for form in self.forms]
        self.step.plan = [part.as_json() for part in parts if part]
        self.step.save(update_fields=["plan"])

    @property
    def kept_in_words(self) -> list[str]:
        return [part.title for part in self.kept.plan]

    def accept_what_is_kept(self) -> None:
        """The next time it is sent, it replaces what this page has shown."""
        self.seen = fingerprint_of([self.kept])


def _written(part: Part | None) -> dict[str, Any]:
    if part is None:
        return {}
    return {"title": part.title, "chosen": part.format_id, "minutes": part.minutes, "materials": part.materials}
