from importlib import import_module

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class PracticesConfig(AppConfig):
    name = "practices"
    verbose_name = _("Practices")

    def ready(self) -> None:
        post_migrate.connect(import_module("practices.connections").answer_triggers_quickly, sender=self)
        # By name: the rule speaks of models, which are not loaded while this file is.
        checks.register(import_string("practices.access.every_view_states_who_may_come_in"))
