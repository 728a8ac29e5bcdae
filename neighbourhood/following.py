"""Meetings follow their session: to the one that takes its place, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from groups.models import CareGroup
from neighbourhood.models import Meeting
from sessions.events import sessions_changed
from sessions.models import GroupSession


@receiver(sessions_changed, dispatch_uid="neighbourhood.following")
def follow_sessions(group: CareGroup, sessions: Sequence[GroupSession], **kwargs: Any) -> None:
    """What is arranged for a session that is called off belongs to the one that stands with its number now."""
    standing = {session.number: session for session in sessions if not session.is_cancelled}
    arranged = Meeting.objects.standing().filter(session__group=group, session__number__in=standing)
    for meeting in arranged.exclude(session__cancelled_at=None).select_related("session"):
        meeting.session = standing[meeting.session.number]
        meeting.save(update_fields=["session"])
