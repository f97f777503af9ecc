"""A bank as pages for people: entities, topics, an index, a log and the sources behind them."""

from retain.wiki.bankindex import index
from retain.wiki.banklog import log, log_entry
from retain.wiki.bankreads import BankReads
from retain.wiki.clustering import topics
from retain.wiki.dirty import dirty
from retain.wiki.entitypage import entity_page
from retain.wiki.history import revisions
from retain.wiki.leads import led, wanting
from retain.wiki.rendering import again, paged, pages
from retain.wiki.sourcepage import source_page
from retain.wiki.topicpage import topic_page

__all__ = [
    "BankReads",
    "again",
    "dirty",
    "entity_page",
    "index",
    "led",
    "log",
    "log_entry",
    "paged",
    "pages",
    "revisions",
    "source_page",
    "topic_page",
    "topics",
    "wanting",
]
