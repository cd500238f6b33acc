from .by_phone import PhoneProof, ask_by_phone, confirm_by_phone, send_phone_code
from .calls import (
    CallerMayNot,
    CallerPower,
    CallRefused,
    behalf_of,
    caller_powers,
    end_call,
    may_take_calls,
    proof_in_call,
    take_call,
)

__all__ = [
    "CallRefused",
    "CallerMayNot",
    "CallerPower",
    "PhoneProof",
    "ask_by_phone",
    "behalf_of",
    "caller_powers",
    "confirm_by_phone",
    "end_call",
    "may_take_calls",
    "proof_in_call",
    "send_phone_code",
    "take_call",
]
