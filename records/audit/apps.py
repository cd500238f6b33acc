from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "records.audit"
    label = "audit"
    verbose_name = "Audit"
