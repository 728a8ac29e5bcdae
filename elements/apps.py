from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class ElementsConfig(AppConfig):
    name = "elements"
    verbose_name = _("How it went")

    def ready(self) -> None:
        post_migrate.connect(import_string("elements.reference.provide_elements"), sender=self)
