"""Reasons as text, as HTML and as a fragment for documents."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from terms.clause import Reason, Source, as_json

Because = Iterable[Reason] | Iterable[Mapping[str, Any]]

LABELS = {
    Source.TERMS: "your terms",
    Source.FLOOR: "the law",
    Source.AGREED: "agreed for this service",
    Source.DEFAULT: "default, not from your terms",
    Source.SILENT: "your terms don't say",
}


def render_text(because: Because) -> str:
    """Return the reasons as lines of text: the place, what it says, the numbered steps."""
    lines: list[str] = []
    for each in _plain(because):
        lines.append(f"{_place(each)}: {each['says']}")
        lines += [f"  {at}. {step}" for at, step in enumerate(each["steps"], 1)]
    return "\n".join(lines)


def render_html(because: Because) -> str:
    """Return the reasons as an escaped HTML list, each linked to its clause by fragment."""
    return f'<ul class="because">{"".join(map(_item, _plain(because)))}</ul>'


def render_pdf(because: Because) -> str:
    """Return the reasons as HTML for a printed document: no links, one paragraph each."""
    return "".join(
        f'<p class="because"><strong>{escape(_place(each))}.</strong> {escape(each["says"])}'
        f"{_sentence(each['steps'])}</p>"
        for each in _plain(because)
    )


def _plain(because: Because) -> list[Mapping[str, Any]]:
    return [as_json([each])[0] if isinstance(each, Reason) else each for each in because]


def _place(reason: Mapping[str, Any]) -> str:
    label = LABELS[Source(reason["source"])]
    return f"{reason['clause']} ({label})" if reason["clause"] else label.capitalize()


def _item(reason: Mapping[str, Any]) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in reason["steps"])
    place = escape(_place(reason))
    if reason["clause"]:
        place = f'<a href="#{escape(reason["id"], quote=True)}">{place}</a>'
    listed = f"<ol>{steps}</ol>" if steps else ""
    source = escape(reason["source"], quote=True)
    return f'<li class="because-{source}">{place}<p>{escape(reason["says"])}</p>{listed}</li>'


def _sentence(steps: Iterable[str]) -> str:
    words = escape("; ".join(steps))
    return f" {words[0].upper()}{words[1:]}." if words else ""
