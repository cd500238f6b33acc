from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "records.documents"
    label = "documents"
    verbose_name = "Documents"
