from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    name = "records.deadlines"
    label = "deadlines"
    verbose_name = "Deadlines"
