"""Questions about leaving: when a service ends by a notice, and what that costs."""

from .costs import (
    Cost,
    GivenBack,
    Leaving,
    Part,
    Porting,
    cost_of,
    leaving_all,
    leaving_of,
    porting_of,
    services_to_leave,
    together,
)
from .endings import End, end_of, ended_otherwise, term_ends_on
from .grounds import Grounds, ProviderEnd, grounds_from, grounds_of, provider_end
from .notices import living_notice, may_be_taken_back
from .terms import TermCard, cost_if_renewed, term_card, terms_to_remind_of
from .walking_away import WayOut, way_out, ways_out_of

__all__ = [
    "Cost",
    "End",
    "GivenBack",
    "Grounds",
    "Leaving",
    "Part",
    "Porting",
    "ProviderEnd",
    "TermCard",
    "WayOut",
    "cost_if_renewed",
    "cost_of",
    "end_of",
    "ended_otherwise",
    "grounds_from",
    "grounds_of",
    "leaving_all",
    "leaving_of",
    "living_notice",
    "may_be_taken_back",
    "porting_of",
    "provider_end",
    "services_to_leave",
    "term_card",
    "term_ends_on",
    "terms_to_remind_of",
    "together",
    "way_out",
    "ways_out_of",
]
