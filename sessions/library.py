"""The library of a practice: activity formats ("werkvormen") and the topics that evenings are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from participants.names import fold
from practices.models import Membership
from practices.tenancy import M, PracticeOwned, PracticeOwnedQuerySet

FORMAT_NAME_TAKEN = _("The library has an activity format with this name already.")
TOPIC_TITLE_TAKEN = _("The library has a topic with this title already.")


class Moment(models.TextChoices):
    """Where in an evening something has its place."""

    OPENING = "opening", _("opening")
    TOPIC = "topic", _("topic")
    CLOSING = "closing", _("closing")


class LibraryQuerySet(PracticeOwnedQuerySet[M]):
    def editable_by(self, membership: Membership) -> Self:
        rows = self.visible_to(membership)
        return rows if membership.sees_the_whole_practice else rows.none()

    def in_use(self) -> Self:
        return self.filter(retired_at=None)


class ActivityFormatQuerySet(LibraryQuerySet["ActivityFormat"]):
    def meant_for(self, moment: str) -> Self:
        return self.in_use().filter(moment=moment)


class LibraryTopicQuerySet(LibraryQuerySet["LibraryTopic"]):
    def for_kind(self, kind: str) -> Self:
        return self.in_use().filter(kinds__contains=[kind])

    def suggestion_for(self, title: str, kind: str) -> ActivityFormat | None:
        """The activity format that the library names beside a topic of this title."""
        topic = self.for_kind(kind).filter(title__iexact=title).select_related("suggested").first()
        return topic.suggested if topic else None


@pghistory.track()
class ActivityFormat(PracticeOwned):
    """A way to open, to talk about a topic or to close. Evenings keep a copy of what they were planned with."""

    name = models.CharField(_("name"), max_length=80)
    moment = models.CharField(_("meant for"), max_length=10, choices=Moment.choices, default=Moment.TOPIC)
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    materials = models.CharField(_("materials"), max_length=200, blank=True)
    how = models.CharField(_("how it goes"), max_length=1000, blank=True)
    # From then on it is not offered; what has it keeps it.
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ActivityFormatQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity format")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "practice",
                Lower("name"),
                name="format_name_is_unique_in_a_library",
                violation_error_message=FORMAT_NAME_TAKEN,
            ),
            models.CheckConstraint(condition=Q(minutes__range=(1, 240)), name="format_takes_a_while"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        return f"{self.name} {self.materials} {self.how}"


@pghistory.track()
class LibraryTopic(PracticeOwned):
    """Something to talk about, with the activity format that suits it."""

    title = models.CharField(_("title"), max_length=120)
    theme = models.CharField(_("theme"), max_length=120, blank=True)
    suggested = models.ForeignKey(
        ActivityFormat, models.PROTECT, verbose_name=_("activity format"), null=True, blank=True, related_name="topics"
    )
    kinds = ArrayField(
        models.CharField(max_length=20, choices=CareGroup.Kind.choices), verbose_name=_("for which groups")
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = LibraryTopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic of the library")
        ordering = ["theme", "title"]
        constraints = [
            models.UniqueConstraint(
                "practice",
                Lower("title"),
                name="topic_title_is_unique_in_a_library",
                violation_error_message=TOPIC_TITLE_TAKEN,
            ),
            models.CheckConstraint(condition=Q(kinds__len__gt=0), name="library_topic_is_for_some_kind_of_group"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def words(self) -> str:
        return f"{self.title} {self.theme} {self.suggested or ''}"

    @property
    def kind_labels(self) -> list[str]:
        return [str(CareGroup.Kind(kind).label) for kind in self.kinds]


def found(rows: Iterable[Any], words: str) -> list[Any]:
    """Those of the formats or topics in which each of the words stands somewhere, whatever its accents."""
    parts = fold(words).split()
    return [row for row in rows if all(part in fold(row.words) for part in parts)]


def copied(found_format: ActivityFormat | None, *, minutes: int | None = None, materials: str = "") -> dict[str, Any]:
    """What a topic on the plan of an evening keeps of an activity format, with minutes and materials of its own."""
    if found_format is None:
        return {"format_name": "", "how": "", "minutes": minutes, "materials": materials}
    return {
        "format_name": found_format.name,
        "how": found_format.how,
        "minutes": found_format.minutes if minutes is None else minutes,
        "materials": materials or found_format.materials,
    }
