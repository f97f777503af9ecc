"""Web pages: the article of a page without what frames it, as Markdown."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from retain.sources.decoding import decode, valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.libraries import library

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_NEVER_SHOWN = ("script", "style", "noscript", "template", "svg", "iframe", "object", "canvas")
_FRAMES = ("nav", "aside", "form", "button", "select", "dialog", "menu")
_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog"}
)
# Words of classes and ids, between hyphens and underscores, that name what frames an article.
_CHROME = frozenset(
    {
        *("ad", "ads", "advert", "advertisement", "banner", "breadcrumb", "breadcrumbs"),
        *("catlinks", "comments", "consent", "cookie", "cookies", "editsection", "footer"),
        *("masthead", "menu", "menubar", "nav", "navbar", "navbox", "navigation", "newsletter"),
        *("noprint", "pagination", "paywall", "popup", "printfooter", "promo", "promoted"),
        *("related", "share", "sharing", "sidebar", "sitenav", "sitenotice", "skip", "skiplink"),
        *("social", "sponsor", "sponsored", "subscribe", "toc", "toolbar", "usermenu", "widget"),
    }
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_SHOWN_LEAST = 40
_SHARE_LEAST = 0.1
_DATES = (
    ("meta", {"property": "article:published_time"}),
    ("meta", {"itemprop": "datePublished"}),
    ("meta", {"name": "date"}),
    ("meta", {"name": "dc.date"}),
    ("meta", {"name": "DC.date.issued"}),
)
_AUTHORS = (("meta", {"name": "author"}), ("meta", {"property": "article:author"}))
_BLANK_LINES = re.compile(r"\n{3,}")


class Html:
    """Web pages, also in the parts of other formats."""

    name = "html"
    suffixes = frozenset({".html", ".htm", ".xhtml"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        begins = sample.data[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        return begins.startswith((b"<!doctype html", b"<html")) or None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        return convert_page(_decoded(data, source), source)


def convert_page(page: str, source: str) -> Converted:
    """The Markdown of a page, under the properties that its head tells of it.

    Raises:
        SourceError: The extra is not installed.
    """
    soup = _soup(page, source)
    properties = dict(_properties(soup))
    framed = _without_frame(soup)
    text = _markdown(soup, source)
    if "title" in properties and re.search(r"^# ", text, re.MULTILINE):
        del properties["title"]
    head = ""
    if properties:
        lines = (
            f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in properties.items()
        )
        head = "---\n" + "\n".join(lines) + "\n---\n\n"
    if not text.strip():
        return Converted("")
    return Converted(head + text, passed_over={"parts of the page frame": framed} if framed else {})


def front_matter(properties: Mapping[str, object]) -> str:
    """Properties as the front matter of a Markdown text; JSON is YAML."""
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in properties.items())
    return "---\n" + "\n".join(lines) + "\n---\n\n"


def markdown_of(fragment: str, source: str) -> str:
    """The Markdown of HTML that is no page of its own, such as the body of a mail."""
    soup = _soup(fragment, source)
    for tag in soup.find_all((*_NEVER_SHOWN, "title")):
        tag.decompose()
    return _markdown(soup, source)


def chapter_of(page: bytes, source: str, passed_over: Counter[str]) -> str:
    """The Markdown of a page that is a part of a book, without its pictures."""
    soup = _soup(_decoded(page, source), source)
    for tag in soup.find_all(("img", "image", "svg", "math")):
        passed_over["pictures"] += 1
        tag.decompose()
    for tag in soup.find_all((*_NEVER_SHOWN, "title")):
        tag.decompose()
    return _markdown(soup, source)


def _soup(page: str, source: str) -> BeautifulSoup:
    return cast("BeautifulSoup", library("bs4", source).BeautifulSoup(page, "html.parser"))


def _markdown(soup: BeautifulSoup, source: str) -> str:
    converters = library("markitdown", source).converters
    with warnings.catch_warnings():  # of pages whose nesting is too deep for more than their text
        warnings.simplefilter("ignore")
        made = converters.HtmlConverter().convert_string(str(soup)).markdown
    return _BLANK_LINES.sub("\n\n", valid_unicode(str(made))).strip() + "\n"


def _properties(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    if soup.title is not None and (title := " ".join(soup.title.get_text().split())):
        yield "title", title
    for key, places in (("date", _DATES), ("author", _AUTHORS)):
        for name, attributes in places:
            tag = soup.find(name, attrs=cast("Any", attributes))
            value = "" if tag is None else str(tag.get("content") or "").strip()
            if value and not value.startswith("http"):
                yield key, value[:300]
                break


def _without_frame(soup: BeautifulSoup) -> int:
    """Take away what is not the article; how many parts were shown and are gone."""
    for tag in soup.find_all(_NEVER_SHOWN):
        tag.decompose()
    whole = len(soup.get_text())
    dropped = [tag for tag in soup.find_all(True) if _frames(tag)]
    article = _article(soup)
    shown = 0
    for tag in dropped:
        if tag.decomposed or (article is not None and tag in article.parents):
            continue
        # A name may mislead: what holds most of the page is no frame of it.
        if len(tag.get_text()) > (1 - _SHARE_LEAST) * max(whole, 1):
            continue
        shown += bool(tag.get_text().strip())
        tag.decompose()
    if article is not None and not article.decomposed:
        text = len(article.get_text().strip())
        if text >= max(_SHOWN_LEAST, _SHARE_LEAST * whole):
            kept = article.extract()
            shown += bool(soup.get_text().strip())
            soup.clear()
            soup.append(kept)
    return shown


def _article(soup: BeautifulSoup) -> Tag | None:
    for name in ("main", "article"):
        found = soup.find_all(name)
        if len(found) == 1:
            return found[0]
    found = soup.find_all(True, attrs=cast("Any", {"role": "main"}))
    return found[0] if len(found) == 1 else None


def _frames(tag: Tag) -> bool:
    if tag.name in ("html", "body", "main", "article", "title", "head"):
        return False
    if tag.name in _FRAMES:
        return True
    if tag.name in ("header", "footer") and not tag.find_parent(("article", "main", "blockquote")):
        return tag.find("h1") is None
    if str(tag.get("role") or "").lower() in _ROLES:
        return True
    if tag.has_attr("hidden") or str(tag.get("aria-hidden")).lower() == "true":
        return True
    classes: object = tag.get("class") or ()
    names = [
        *(cast("list[str]", classes) if isinstance(classes, list) else ()),
        tag.get("id") or "",
    ]
    return any(_names_chrome(str(name)) for name in names)


def _names_chrome(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name[:100])]
    return name.lower() in _CHROME or (len(words) <= 3 and any(word in _CHROME for word in words))


def _decoded(data: bytes, source: str) -> str:
    """The page, whatever encoding it says that it is in."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    page = library("bs4.dammit", source).UnicodeDammit(data, is_html=True)
    if page.declared_html_encoding and page.unicode_markup is not None:
        return str(page.unicode_markup)
    return decode(data, source)
