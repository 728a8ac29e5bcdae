from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = _("Reminders")

    def ready(self) -> None:
        # For their receivers: by name, since they speak of models, which are not loaded while this file is.
        import_module("reminders.ledger")
        import_module("reminders.defaults")
