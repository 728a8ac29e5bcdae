"""The stop-switch of messages to a person, and what else decides whether and how she may be reached."""

from __future__ import annotations

from datetime import datetime

from participants.events import contact_wishes_changed
from participants.models import Participant
from practices.models import Membership

# A change of one of these changes what is sent, or to where.
WISHES = frozenset({"email", "phone", "language", "by_email", "by_sms"})


def stop_messages(participant: Participant, *, by: Membership, now: datetime) -> None:
    """Let no message leave from now on. Stopping twice keeps the first moment. The row must be locked."""
    if participant.may_be_contacted:
        participant.contact_stopped_at, participant.contact_stopped_by = now, by
        participant.save(update_fields=["contact_stopped_at", "contact_stopped_by"])
        contact_wishes_changed.send(sender=Participant, participant=participant, now=now)


def allow_messages(participant: Participant, *, now: datetime) -> None:
    """Let messages leave again; the change history keeps who stopped and who allowed them. The row must be locked."""
    if not participant.may_be_contacted:
        participant.contact_stopped_at = participant.contact_stopped_by = None
        participant.save(update_fields=["contact_stopped_at", "contact_stopped_by"])
        contact_wishes_changed.send(sender=Participant, participant=participant, now=now)


def wish_for_email(participant: Participant, wanted: bool, *, now: datetime) -> None:
    """Keep whether she wants e-mails, as she says herself. The row must be locked."""
    if participant.by_email != wanted:
        participant.by_email = wanted
        participant.save(update_fields=["by_email"])
        contact_wishes_changed.send(sender=Participant, participant=participant, now=now)
