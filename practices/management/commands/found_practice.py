"""A first practice on a real deployment: its row, its defaults, its coordinator and her way in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from practices.founding import found_practice
from practices.invitations import DAYS_A_LINK_WORKS, set_password_link
from practices.models import Practice, Profession
from practices.staffing import user_for


class Command(BaseCommand):
    help = "Make a practice with a first coordinator, and print the link by which she chooses a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the first part of its addresses, such as de-kring")
        parser.add_argument("--name", required=True, help="as people know it, such as 'De Kring'")
        parser.add_argument("--kind", required=True, choices=Practice.Kind.values)
        parser.add_argument("--coordinator-email", required=True)
        parser.add_argument("--coordinator-name", required=True)
        parser.add_argument("--profession", choices=Profession.values, default=Profession.OTHER)

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        practice = Practice(
            slug=options["slug"], name=options["name"], kind=options["kind"], sender_name=options["name"][:60]
        )
        try:
            user = user_for(options["coordinator_email"], name=options["coordinator_name"])
            user.full_clean(exclude=["password"])
            today = timezone.localdate(timezone=practice.zone)
            found_practice(practice, coordinator=user, profession=Profession(options["profession"]), on=today)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{practice.name} is there, at /{practice.slug}/.")
        if user.has_usable_password():
            self.stdout.write(f"{user.email} signs in with the password she has.")
        else:
            self.stdout.write(f"{user.name} chooses a password here, within {DAYS_A_LINK_WORKS} days:")
            self.stdout.write(set_password_link(user))
