"""Keep what was agreed: a contract signed on paper, amounts that terms leave to a quotation."""

from .contracts import ContractRefused, Paper, note_contract
from .figures import FigureRefused, note_figure

__all__ = ["ContractRefused", "FigureRefused", "Paper", "note_contract", "note_figure"]
