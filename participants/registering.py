"""A person becomes known to a practice; a pregnancy begins or ends for us; a child is born."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from participants.models import Child, Participant, Pregnancy

UNIQUE_NUMBER = "client_number_is_unique_in_a_practice"
POSSIBLE_DAYS_OF_PREGNANCY = range(140, 316)
# Twins may be born on both sides of midnight, and are told one after the other.
BIRTH_OF_TWINS = timedelta(days=3)


class ClientNumberTaken(Exception):
    """Somebody with this client number was added in the meantime."""


def register(
    participant: Participant, *, due_on: date | None, born_on: date | None, sex: str | None = None, now: datetime
) -> Participant:
    """Save a new person with what she expects and who was born. ClientNumberTaken means that nothing was saved."""
    participant.created_at = now
    save_changes(participant)
    if due_on:
        Pregnancy.objects.create(practice_id=participant.practice_id, participant=participant, due_on=due_on)
    if born_on:
        record_birth(participant, Child(born_on=born_on, sex=sex))
    return participant


def save_changes(participant: Participant) -> None:
    """Save a person whose client number may be new. ClientNumberTaken means that nothing was saved."""
    try:
        with transaction.atomic():
            participant.save()
    except IntegrityError as error:
        if constraint_of(error) == UNIQUE_NUMBER:
            raise ClientNumberTaken from error
        raise


def record_birth(participant: Participant, child: Child) -> Child:
    """Save a child, new or corrected, with the pregnancy it comes from: that one ended on the day of the birth."""
    child.practice_id, child.participant = participant.practice_id, participant
    pregnancy = child.pregnancy or _pregnancy_of(participant, child.born_on)
    if pregnancy:
        child.pregnancy = pregnancy
        days = pregnancy.gestational_days(child.born_on)
        child.gestational_days_at_birth = days if days in POSSIBLE_DAYS_OF_PREGNANCY else None
        if not pregnancy.children.exclude(pk=child.pk).exists():
            pregnancy.ended_on = child.born_on
            pregnancy.save(update_fields=["ended_on"])
    child.save()
    return child


def _pregnancy_of(participant: Participant, born_on: date) -> Pregnancy | None:
    for pregnancy in participant.pregnancies.order_by("-due_on"):
        is_open = pregnancy.ended_on is None or abs(pregnancy.ended_on - born_on) <= BIRTH_OF_TWINS
        if is_open and pregnancy.gestational_days(born_on) in POSSIBLE_DAYS_OF_PREGNANCY:
            return pregnancy
    return None


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that refused a row."""
    cause: Any = error.__cause__
    return cause.diag.constraint_name or ""
