"""A bank as pages for people: entities, topics, an index, a log and the sources behind them."""

from retain.providers.local.pages.bankindex import index
from retain.providers.local.pages.banklog import log, log_entry
from retain.providers.local.pages.clustering import topics
from retain.providers.local.pages.leads import led, wanting
from retain.providers.local.pages.naming import page_id, source_file
from retain.providers.local.pages.rendering import pages, pages_with_leads
from retain.providers.local.pages.sourcepage import source_page

__all__ = [
    "index",
    "led",
    "log",
    "log_entry",
    "page_id",
    "pages",
    "pages_with_leads",
    "source_file",
    "source_page",
    "topics",
    "wanting",
]
