"""A bank as pages for people: entities, topics, an index, a log and the sources behind them."""

from retain.wiki.bankindex import index
from retain.wiki.banklog import log, log_entry
from retain.wiki.clustering import topics
from retain.wiki.leads import led, wanting
from retain.wiki.naming import page_id, source_file
from retain.wiki.rendering import pages, pages_with_leads
from retain.wiki.sourcepage import source_page

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
