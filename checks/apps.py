from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChecksConfig(AppConfig):
    name = "checks"
    verbose_name = _("Checks")

    def ready(self) -> None:
        # Its receiver gives a new practice its limits.
        import_module("checks.defaults")
