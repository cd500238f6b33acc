"""Forms whose step is shown before it is done."""

from __future__ import annotations

from django import forms


class SeenForm(forms.Form):
    """What would happen is shown first; the form that comes back says what was shown."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def subject(self) -> str:
        """What the preview was about; other facts are shown anew."""
        return "|".join(f"{name}={self.cleaned_data[name]}" for name in self._facts)[:600]

    @property
    def _facts(self) -> list[str]:
        return [name for name in self.fields if name not in ("seen", "reason", "reasons")]

    def is_previewed(self) -> bool:
        return bool(self.cleaned_data["seen"] == self.subject)

    def show(self) -> None:
        """Let the form that is shown next carry what its preview was about."""
        self.data = {**self.data.dict(), "seen": self.subject}
