from .asking import WorkRefused, ask_again, ask_ends, ask_work, withdraw_work
from .hearing import NetworkWord, finish_work, hear_of_work, note_directly

__all__ = [
    "NetworkWord",
    "WorkRefused",
    "ask_again",
    "ask_ends",
    "ask_work",
    "finish_work",
    "hear_of_work",
    "note_directly",
    "withdraw_work",
]
