"""What every document about money prints besides its letterhead: where to turn."""

from __future__ import annotations

from terms.library import Provider

OMBUDSMAN = (
    "If we can't settle it together, the Telecommunications Industry Ombudsman can help, free of "
    "charge: 1800 062 058, tio.com.au."
)
HARDSHIP = (
    "Finding it hard to pay? Tell us and we agree on a way; asking costs nothing. Free financial "
    "counselling: National Debt Helpline 1800 007 007."
)


def where_to_turn(facts: Provider) -> dict[str, str]:
    """Where to complain, ask for help, and go next, as documents/_help.html prints it."""
    return {
        "complaints": _where_to_complain(facts),
        "hardship": HARDSHIP,
        "ombudsman": OMBUDSMAN,
    }


def _where_to_complain(facts: Provider) -> str:
    """The ways that the provider has; the portal is always one."""
    email = facts.contacts.get("complaints_email") or facts.contacts.get("email")
    ways = [
        *([f"write to {email}"] if email else []),
        *([f"call {facts.contacts['phone']}"] if "phone" in facts.contacts else []),
        "complain in the portal, where you get a reference and dates at once",
    ]
    return f"Something wrong? You can {', or '.join(ways)}."
