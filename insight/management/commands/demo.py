"""`manage.py demo`: three organisations to look at, with sessions yesterday, tonight and next week."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from insight.demo.loading import NotOurs, Outcome, load

WORDS = {
    Outcome.LOADED: "The demo is loaded.",
    Outcome.RENEWED: "The demo is renewed: tonight is tonight again.",
    Outcome.KEPT: "The demo is there already.",
    Outcome.TOUCHED: "The demo is of an earlier day and somebody changed it, so it stays. Renew it all the same with "
    "`manage.py demo --fresh`: what was changed is lost.",
    Outcome.NOT_EMPTY: "There are practices already, so no demo is loaded beside them.",
}


class Command(BaseCommand):
    help = "Load the demo: three organisations with groups before, in and after their series, counted from today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--renew",
            action="store_true",
            help="at every start: load into an empty database, replace one of an earlier day that nobody changed",
        )
        parser.add_argument("--fresh", action="store_true", help="replace the demo whatever was changed in it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEBUG or settings.DEMO):
            raise CommandError("The demo is only possible with DEBUG=1 or DEMO=1.")
        try:
            outcome = load(now=timezone.now(), renew=options["renew"], fresh=options["fresh"])
        except NotOurs as error:
            raise CommandError(
                f"There is a practice /{error.practice.slug}/ that the demo did not make. Nothing was changed."
            ) from error
        if options["verbosity"] > 0:
            self.stdout.write(WORDS[outcome])
