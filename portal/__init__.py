"""The site: settings, pages, admin, tasks."""

from .celery import app as celery_app

__all__ = ["celery_app"]
