"""How often something may be asked: by sender, by victim, and by both; nobody is locked out.

A limit that is keyed by the victim alone lets strangers lock them out; one keyed by the sender
alone lets many senders flood a victim. Here the pair is tight, and the victim's own hourly cap
does not hold from networks where they have logged in before.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest

KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Limit:
    """How often, in an hour: by one sender for one victim, by one sender, for one victim."""

    name: str
    pair: int
    sender: int
    victim: int


# Codes, reset links and whatever else logging in sends.
MAILS = Limit("mails", pair=5, sender=30, victim=15)
# Wrong passwords; shorter locks come on top (see ACCOUNT_RATE_LIMITS).
WRONG_PASSWORDS = Limit("passwords", pair=20, sender=100, victim=50)
# Complaints without a name: the victim is the provider's desk.
NAMELESS_COMPLAINTS = Limit("nameless", pair=5, sender=10, victim=200)
# Secrets of such complaints: the victim is the reference. A secret has eighty random bits, so
# guesses from many senders find nothing, and lock nobody out.
SECRETS = Limit("secrets", pair=10, sender=30, victim=100_000)
HOUR = 3600


def spend(limit: Limit, request: HttpRequest, victim: str) -> bool:
    """Count one, and say whether it is within the limit. `victim` is an email address."""
    if not within(limit, request, victim):
        return False
    for key, _ in _counters(limit, request, victim):
        cache.add(key, 0, timeout=HOUR)
        cache.incr(key)
    return True


def within(limit: Limit, request: HttpRequest, victim: str) -> bool:
    """Whether one more would be within the limit; nothing is counted."""
    counts = ((cache.get(key, 0), most) for key, most in _counters(limit, request, victim))
    return all(count < most for count, most in counts)


def _counters(limit: Limit, request: HttpRequest, victim: str) -> list[tuple[str, int]]:
    sender, victim = request.META.get("REMOTE_ADDR", ""), victim.strip().lower()
    hour = int(request.at.timestamp()) // HOUR
    found = [
        (f"{sender}|{victim}", limit.pair),
        (f"{sender}|", limit.sender),
    ]
    if not _is_known(request, sender, victim):
        found.append((f"|{victim}", limit.victim))
    return [
        (f"limit:{limit.name}:{hour}:{hashlib.sha256(whose.encode()).hexdigest()}", most)
        for whose, most in found
    ]


def _is_known(request: HttpRequest, sender: str, victim: str) -> bool:
    """Whether this person logged in from this address before."""
    return UserSession.objects.filter(
        user__email=victim, ip=sender, last_seen_at__gt=request.at - KNOWN_FOR
    ).exists()
