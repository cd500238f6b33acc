from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in

        from portal.web.fresh import note_added
        from portal.web.sessions import note_log_in

        from . import checks

        checks.register_all()
        authenticator_added.connect(note_added, dispatch_uid="note_added")
        user_logged_in.connect(note_log_in, dispatch_uid="note_log_in")
