from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from . import checks
        from .fresh import note_added

        checks.register_all()
        authenticator_added.connect(note_added, dispatch_uid="note_added")
