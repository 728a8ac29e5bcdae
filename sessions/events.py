"""What other apps may hear about a group's sessions, and what they may say before a session changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.dispatch import Signal
from django.utils.functional import Promise

from groups.events import people_changed
from groups.models import CareGroup, Enrolment
from participants.models import Participant
from sessions.models import GroupSession

__all__ = ["Consequence", "consequences", "consequences_of", "people_changed", "sessions_changed"]

# After sessions were moved, cancelled or reopened, with `group` (CareGroup), `sessions` (list of GroupSession, as they
# are now) and `now` (datetime). Those of a new group nobody heard of yet: people_changed tells who gets a place in it.
sessions_changed = Signal()

# Before sessions change, with `group`, `changes` (a mapping of GroupSession, in the room it would have, to its new
# start, or to None when it is to be cancelled), `joining` (places of another group, of whom all hear the dates of this
# one) and `now`. A session that is still to be planned has a key that no row has. Nothing is changed yet. A receiver
# returns a list of Consequence.
consequences = Signal()


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """One person who will be told something: on what occasion, by which channel, when."""

    person: Participant
    occasion_label: str | Promise
    channel_label: str | Promise
    at: datetime

    @property
    def telling(self) -> tuple[datetime, str, str]:
        """When, what and how: people who share it stand on one line."""
        return self.at, str(self.occasion_label), str(self.channel_label)


def consequences_of(
    group: CareGroup,
    changes: Mapping[GroupSession, datetime | None],
    *,
    joining: Sequence[Enrolment] = (),
    now: datetime,
) -> list[Consequence]:
    """What every app says will follow from these changes, first things first."""
    answers = consequences.send(sender=CareGroup, group=group, changes=changes, joining=joining, now=now)
    found = [consequence for _receiver, answer in answers for consequence in cast(list[Consequence], answer)]
    return sorted(found, key=lambda c: (c.telling, c.person.sort_key))
