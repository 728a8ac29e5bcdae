from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NeighbourhoodConfig(AppConfig):
    name = "neighbourhood"
    verbose_name = _("Neighbourhood")

    def ready(self) -> None:
        # For its receiver: by name, since it speaks of models, which are not loaded while this file is.
        import_module("neighbourhood.following")
