"""Who works for a practice: invited, changed, ended. There is always a coordinator."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction

from practices.invitations import send_invitation
from practices.models import Membership, Role, User


class AlreadyHere(Exception):
    """This person has a membership of the practice, perhaps one that has ended."""


class LastCoordinator(Exception):
    """The change would leave the practice without a coordinator, now or at the end of the last one's time."""


def user_for(email: str, *, name: str) -> User:
    """The user with this address; a new one may sign in only after choosing a password by a link."""
    try:
        with transaction.atomic():
            return User.objects.filter(email=email.lower()).first() or User.objects.create_user(email, name=name)
    except IntegrityError:
        # Invited twice at one moment.
        return User.objects.get(email=email.lower())


def invite(membership: Membership, *, email: str, name: str, by: Membership) -> Membership:
    """Save a new membership for the person with this address and tell her by mail. Raises AlreadyHere."""
    membership.user = user_for(email, name=name)
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as error:
        raise AlreadyHere from error
    send_invitation(membership, by=by)
    return membership


def save_change(membership: Membership, *, today: date) -> None:
    """Save a changed membership. Raises LastCoordinator, and has then saved nothing."""
    with transaction.atomic():
        # Two coordinators who end each other queue here: the second sees what the first did.
        coordinators = list(
            Membership.objects.visible_to(membership)
            .with_role(Role.COORDINATOR)
            .active_on(today)
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        remain = [c for c in coordinators if c.pk != membership.pk and c.ends_on is None]
        stays = membership.is_coordinator and membership.ends_on is None
        was = any(c.pk == membership.pk for c in coordinators)
        if was and not stays and not remain:
            raise LastCoordinator
        membership.save()


def end(membership: Membership, *, today: date) -> None:
    """Let this be the first day on which the membership no longer holds. Raises LastCoordinator."""
    membership.ends_on = max(today, membership.starts_on)
    save_change(membership, today=today)
