"""The code with which a tablet goes round: it opens the seats of one session, on that day, until it is taken back."""

from __future__ import annotations

import secrets
from typing import Self

import pghistory
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from practices.models import Membership
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet
from sessions.models import GroupSession

# Without what looks alike: 0 and O, 1, I and L.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8


def new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))


def readable(code: str) -> str:
    """The code as it is read out: K7WM-4QZ2."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def plain(typed: str) -> str:
    """The code in what somebody typed, with or without its hyphen, in small letters or in capitals."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def hash_of(code: str) -> str:
    """What is kept of a code. With the secret of the site, as whoever knows all the codes there are would find it."""
    return salted_hmac("checks.tablets.code", plain(code), algorithm="sha256").hexdigest()


class TabletCodeQuerySet(PracticeOwnedQuerySet["TabletCode"]):
    def visible_to(self, membership: Membership) -> Self:
        return super().visible_to(membership).filter(session__in=GroupSession.objects.editable_by(membership))

    def standing(self) -> Self:
        return self.filter(revoked_at=None)


@pghistory.track(exclude=["code_hash"])
class TabletCode(PracticeOwned):
    """One code. It was shown once to who made it; here is only its hash. The next one of its session revokes it."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="+", db_index=False)
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TabletCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("code of a tablet")
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "session"],
                condition=models.Q(revoked_at=None),
                name="one_code_of_a_session_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"
