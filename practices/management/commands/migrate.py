"""`migrate` sees the rows of every practice; under row security it would otherwise see none and move nothing."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from practices.tenancy import EVERY_PRACTICE, SETTING


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute(f"SET {SETTING} = '{EVERY_PRACTICE}'")
            try:
                super().handle(*args, **options)
            finally:
                if not cursor.closed:
                    cursor.execute(f"RESET {SETTING}")
