"""Files for a bank: whoever handles debits takes them out, and that is kept on each record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from billing.payments.services import DebitFileRefused
from billing.payments.states import DebitFileState

from .base import StepAdmin


class BankFileAdmin(StepAdmin):
    """Has the file itself to take out, once it is the bank's.

    `content_of` makes it anew, `note_taken` keeps who took it, `called` begins its name.
    """

    called: ClassVar[str]
    content_of: ClassVar[Callable[[Any], bytes]]
    note_taken: ClassVar[Callable[..., None]]

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The file itself; it holds account numbers, so who took it stands on each record."""
        row = self.row_in(request, pk, DebitFileState.SENT)
        if request.method != "POST":
            return redirect(self.record_address(row))
        try:
            content = type(self).content_of(row)
        except DebitFileRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(self.record_address(row))
        type(self).note_taken(row, by=request.user, at=request.at)
        name = f"{self.called}-{row.provider.key}-{row.day.isoformat()}-{row.pk}.aba"
        return HttpResponse(
            content,
            content_type="text/plain; charset=us-ascii",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def row_in(self, request: HttpRequest, pk: int, state: DebitFileState) -> Any:
        """The file, if it stands there and the person handles such. Raises Http404."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or row.state != state:
            raise Http404
        return row
