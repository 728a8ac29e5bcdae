from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    name = "sessions"
    # Django's own session app owns the label `sessions`.
    label = "group_sessions"
    verbose_name = _("Sessions")

    def ready(self) -> None:
        import_module("sessions.company")
        import_module("sessions.defaults")
        import_module("sessions.plan")
        import_module("sessions.subscriptions")
