"""A person becomes known to a practice; a pregnancy begins or ends for us; a child is born."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NoReturn

from django.db import IntegrityError, transaction

from participants.models import Child, Participant, Pregnancy

UNIQUE_NUMBER = "client_number_is_unique_in_a_practice"
POSSIBLE_DAYS_OF_PREGNANCY = range(140, 316)
# Twins may be born on both sides of midnight, and are told one after the other.
BIRTH_OF_TWINS = timedelta(days=3)


class ClientNumberTaken(Exception):
    """Somebody with this client number was added in the meantime."""


@dataclass(frozen=True)
class Newcomer:
    """A person who is not saved yet, with what she expects and who was born."""

    participant: Participant
    due_on: date | None = None
    born_on: date | None = None
    sex: str | None = None


def register(newcomers: Sequence[Newcomer], *, now: datetime) -> None:
    """Save new people, all of them or none, in as many queries for many as for one. Raises ClientNumberTaken."""
    try:
        with transaction.atomic():
            for newcomer in newcomers:
                newcomer.participant.created_at = now
                newcomer.participant.fill_keys()
            Participant.objects.bulk_create(newcomer.participant for newcomer in newcomers)
            pregnancies = {newcomer: pregnancy for newcomer in newcomers if (pregnancy := _expected(newcomer))}
            Pregnancy.objects.bulk_create(pregnancies.values())
            Child.objects.bulk_create(
                _born(newcomer, newcomer.born_on, pregnancies.get(newcomer))
                for newcomer in newcomers
                if newcomer.born_on
            )
    except IntegrityError as error:
        _tell_taken_number(error)


def _expected(newcomer: Newcomer) -> Pregnancy | None:
    if not newcomer.due_on:
        return None
    participant, born_on = newcomer.participant, newcomer.born_on
    pregnancy = Pregnancy(practice_id=participant.practice_id, participant=participant, due_on=newcomer.due_on)
    if born_on and pregnancy.gestational_days(born_on) in POSSIBLE_DAYS_OF_PREGNANCY:
        pregnancy.ended_on = born_on
    return pregnancy


def _born(newcomer: Newcomer, born_on: date, pregnancy: Pregnancy | None) -> Child:
    participant = newcomer.participant
    child = Child(practice_id=participant.practice_id, participant=participant, born_on=born_on, sex=newcomer.sex)
    if pregnancy and pregnancy.ended_on:
        child.pregnancy = pregnancy
        child.gestational_days_at_birth = pregnancy.gestational_days(born_on)
    return child


def save_changes(participant: Participant) -> None:
    """Save a person whose client number may be new. ClientNumberTaken means that nothing was saved."""
    try:
        with transaction.atomic():
            participant.save()
    except IntegrityError as error:
        _tell_taken_number(error)


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


def _tell_taken_number(error: IntegrityError) -> NoReturn:
    cause: Any = error.__cause__
    if cause.diag.constraint_name == UNIQUE_NUMBER:
        raise ClientNumberTaken from error
    raise error
