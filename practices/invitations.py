"""The mail by which somebody hears that she may come in."""

from __future__ import annotations

from email.utils import formataddr, parseaddr

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from practices.models import Membership, User

DAYS_A_LINK_WORKS = settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60)


def set_password_link(user: User) -> str:
    """Where this user chooses a first password: once, within DAYS_A_LINK_WORKS days."""
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.BASE_URL}{path}"


def invitation(membership: Membership, *, by: Membership) -> EmailMessage:
    """The words for a new member of staff; who can sign in already gets no link to choose a password."""
    user, practice = membership.user, membership.practice
    with translation.override(practice.language):
        context = {
            "user": user,
            "practice": practice,
            "by": by.user,
            "set_password_url": "" if user.has_usable_password() else set_password_link(user),
            "sign_in_url": settings.BASE_URL + reverse("account_login"),
            "days": DAYS_A_LINK_WORKS,
        }
        subject = _("Access to %(practice)s") % {"practice": practice.name}
        body = render_to_string("practices/mail/invitation.txt", context)
    sender = formataddr((practice.sender_name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
    return EmailMessage(subject, body, from_email=sender, to=[user.email])


def send_invitation(membership: Membership, *, by: Membership) -> None:
    """Let the mail leave once the membership is there to stay. A mail server that is away is logged, and no error."""
    message = invitation(membership, by=by)
    transaction.on_commit(message.send, robust=True)
