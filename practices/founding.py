"""A practice comes into being: its own row, its first coordinator, and its own copies of the defaults."""

from __future__ import annotations

from datetime import date

from django.dispatch import Signal

from practices.models import Membership, Practice, Profession, Role, User
from practices.tenancy import practice_scope

# Sent inside the new practice's scope with `practice`; apps above put their default rows there.
practice_founded = Signal()


def found_practice(practice: Practice, *, coordinator: User, profession: Profession, on: date) -> Membership:
    """Save the practice and give it a first coordinator. Raises ValidationError when its fields are not in order."""
    practice.full_clean()
    practice.save()
    with practice_scope(practice):
        membership = Membership.objects.create(
            practice=practice, user=coordinator, roles=[Role.COORDINATOR], profession=profession, starts_on=on
        )
        practice_founded.send(sender=Practice, practice=practice)
    return membership
