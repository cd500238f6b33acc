"""Keep what was agreed: a contract signed on paper, amounts of a quotation, a newer version."""

from .contracts import ContractRefused, Paper, note_contract
from .figures import FigureRefused, note_figure
from .versions import bind_version

__all__ = [
    "ContractRefused",
    "FigureRefused",
    "Paper",
    "bind_version",
    "note_contract",
    "note_figure",
]
