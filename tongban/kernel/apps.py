"""Finds every module's followers, tasks, events and stand-ins when the house starts."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    """The kernel as Django sees it."""

    name = "tongban.kernel"

    def ready(self) -> None:
        autodiscover_modules("events", "vault", "clients", "followers", "tasks")
