"""The limits that a new practice begins with (domain.md, 3). Its clinical lead sets others from a day on."""

from datetime import date
from typing import Any

from django.dispatch import receiver

from checks.kinds import Quantity
from checks.models import Limit
from practices.founding import practice_founded
from practices.models import Practice

# Before any session that a practice could enter later on.
VALID_FROM = date(2000, 1, 1)

DEFAULTS: dict[Quantity, dict[str, int]] = {
    Quantity.SYSTOLIC: {
        "refuse_below": 60,
        "refuse_above": 260,
        "mark_from": 140,
        "urgent_from": 160,
        "readings_apart": 10,
    },
    Quantity.DIASTOLIC: {
        "refuse_below": 30,
        "refuse_above": 160,
        "mark_from": 90,
        "urgent_from": 110,
        "readings_apart": 10,
    },
    Quantity.PULSE: {"ask_below": 15},
    Quantity.WEIGHT: {"refuse_below": 35_000, "refuse_above": 250_000, "ask_change": 3_000},
    Quantity.BABY_WEIGHT: {
        "refuse_below": 900,
        "refuse_above": 20_000,
        # More than the tenth of its weight that a newborn may lose in its first two weeks.
        "ask_drop": 500,
        "ask_z_below": -6,
        "ask_z_above": 5,
    },
    Quantity.BABY_LENGTH: {
        "refuse_below": 380,
        "refuse_above": 1_500,
        "ask_drop": 10,
        "ask_z_below": -6,
        "ask_z_above": 6,
    },
    Quantity.BABY_HEAD: {
        "refuse_below": 250,
        "refuse_above": 600,
        "ask_drop": 5,
        "ask_z_below": -5,
        "ask_z_above": 5,
    },
}


@receiver(practice_founded)
def set_default_limits(practice: Practice, **kwargs: Any) -> None:
    """Give the practice a limit for each quantity that it has none for yet."""
    known = set(Limit.objects.filter(practice=practice).values_list("quantity", flat=True))
    Limit.objects.bulk_create(
        Limit(practice=practice, quantity=quantity, valid_from=VALID_FROM, **numbers)
        for quantity, numbers in DEFAULTS.items()
        if quantity not in known
    )
