"""The customer's pages: queries whatever the data, and their spread."""

from __future__ import annotations

import statistics
from typing import Any

from bench.measure import Row, cpu, django

PAGES = ["/", "/bills/", "/services/", "/complaints/", "/contract/", "/people/", "/profile/"]
MOST_QUERIES = 8


def rows() -> list[Row]:
    """Return the queries of each page, how Home compares with a bare page, and its spread."""
    django()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = _client()
    found = []
    for page in PAGES:
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(page)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answers {answer.status_code}")
        found.append(Row(f"queries of {page}", len(queries), f"≤ {MOST_QUERIES}"))
    times = sorted(cpu(lambda: client.get("/")) for _ in range(100))
    bare = statistics.median(cpu(lambda: client.get("/healthz")) for _ in range(50))
    found.append(Row("Home, against a bare page", statistics.median(times) / bare, "≤ 31"))
    found.append(Row("Home, p95 against p50", times[94] / statistics.median(times), "≤ 1.5"))
    return found


def _client() -> Any:
    from django.test import Client

    from parties.people.models import User

    client = Client()
    client.force_login(User.objects.get(email="mia.conti@demo.example"))
    return client
