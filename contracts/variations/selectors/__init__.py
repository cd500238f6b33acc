"""Questions about changes of prices: what one does, whom it touches, what a customer heard."""

from .counts import Totals, earliest_for_all, to_work_out, totals, without_notice_days
from .effects import Effect, Told, effect_of, facts_of, prices_told, told_at
from .heard import PriceNews, change_by_public_id, has_news, news_of, open_way_out
from .rises import YearlyRise, index_known, rise_ahead, rise_of, rises_to_tell, waiting_for_index

__all__ = [
    "Effect",
    "PriceNews",
    "Told",
    "Totals",
    "YearlyRise",
    "change_by_public_id",
    "earliest_for_all",
    "effect_of",
    "facts_of",
    "has_news",
    "index_known",
    "news_of",
    "open_way_out",
    "prices_told",
    "rise_ahead",
    "rise_of",
    "rises_to_tell",
    "to_work_out",
    "told_at",
    "totals",
    "waiting_for_index",
    "without_notice_days",
]
