"""Hide who a customer is from those who may not know: in pages, files, PDFs and emails alike.

What is hidden is looked for in the finished text, so that a new page or somebody's free words
can't give it away.
"""

from __future__ import annotations

from django.http import HttpRequest

from parties.correspondence.services import Mask
from parties.correspondence.services.masking import _tells
from portal.web import guards


def mask_for_request(request: HttpRequest) -> Mask:
    """What the person of a request may not read about any customer whom they stand for."""
    words: set[str] = set()
    for acting in guards.current(request).choices:
        permissions = guards.permissions_of(request, acting)
        if acting.for_someone_else and not permissions.sees_who:
            words |= _tells(acting.account, request.user)
    return Mask(words)
