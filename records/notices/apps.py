from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "records.notices"
    label = "notices"
    verbose_name = "Notices"
