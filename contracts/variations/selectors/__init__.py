"""Questions about changes of prices and terms: what one does, to whom, what was heard of it."""

from .counts import Totals, earliest_for_all, to_work_out, totals, without_notice_days
from .effects import Effect, PriceEffect, Told, effect_of, facts_of, prices_told, told_at
from .heard import PriceNews, change_by_public_id, has_news, news_of, open_way_out
from .rises import YearlyRise, index_known, rise_ahead, rise_of, rises_to_tell, waiting_for_index
from .terms_effects import (
    TermsNews,
    contracts_to_bind,
    days_of,
    has_terms_news,
    older_versions,
    running,
    states_of,
    terms_change_by_public_id,
    terms_effect_of,
    terms_facts_of,
    terms_news_of,
    versions_to_bring,
)

__all__ = [
    "Effect",
    "PriceEffect",
    "PriceNews",
    "TermsNews",
    "Told",
    "Totals",
    "YearlyRise",
    "change_by_public_id",
    "contracts_to_bind",
    "days_of",
    "earliest_for_all",
    "effect_of",
    "facts_of",
    "has_news",
    "has_terms_news",
    "index_known",
    "news_of",
    "older_versions",
    "open_way_out",
    "prices_told",
    "rise_ahead",
    "rise_of",
    "rises_to_tell",
    "running",
    "states_of",
    "terms_change_by_public_id",
    "terms_effect_of",
    "terms_facts_of",
    "terms_news_of",
    "to_work_out",
    "told_at",
    "totals",
    "versions_to_bring",
    "waiting_for_index",
    "without_notice_days",
]
