"""Text that would do something on a page if it could, and what of a page does something."""

import re

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

PIECES = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "</p>", "<?x", "<",
    "[x](javascript:alert(1))", "](javascript:alert(1))", "![x](http://e.test/x.png)", "[", "]",
    "[[wiki]]", "![[../../secret]]", "[a]: http://e.test", "[^1]", "[^1]: note", "^[inline]", "!",
    "http://e.test", "https://e.test/a_b", "www.e.test", "mail@e.test", "<http://e.test>",
    "obsidian://open?vault=x", "# heading", "## ", "#tag", "#", "- item", "* item", "+ item",
    "1. item", "12) item", "123456789. x", "> quote", ">", "```", "````js", "~~~", "~~", "`", "`x`",
    "---", "===", "=", "==x==", "***", "___", "_x_", "__x__", "a_b_c", "*x*", "**x**", "| a | b |",
    "|---|---|", "$x$", "$$", "$", "%%", "%", "%% hidden %%", "^L3", " ^block", "^",
    "&lt;", "&#60;",
    "&amp", "&", "\\", "\\\\", "\\[", "\\<", "\n", "\n\n", "\r", "\t", "    code",
    "\u202e", "\u2066",
    "\x00", "\x1b", "\u2028", "\ufeff", "{{x}}", "{.x #y}", ": def", ":x", "Ana", "Maria", " ", "a",
    "é", "東", "-", ".", "..", "../", "/", "\\..\\", "C#", "[ ] todo", "- [x] done",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(" ".join),
    st.text(max_size=40),
    st.text("<>[]()!#*_`~$%^|&;:=+-.\\/ \n1aA@", max_size=16),
)

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
for _plugin in (footnote_plugin, dollarmath_plugin, tasklists_plugin, deflist_plugin):
    _MARKDOWN.use(_plugin)

_OURS = re.compile(r"(?:(?:\.\./)?(?:sources|pages)/)?[a-z0-9-]+\.md(?:#%5EL\d+)?|\.\./index\.md")


_LINK = r"\[(?:[^\[\]\\]|\\.)*\]\([a-z0-9./#^L-]+\)"
_INERT = (
    _LINK, r"\\[!-/:-@\[-`{-~]", r"&\w+;", r"(?m)^#+ ", r"(?m)^`\d+`", r"(?m) \^L\d+$",
)  # fmt: skip
"""Links and marks of a page's own, and what is escaped."""

_SYNTAX = (
    r"\[\[", "%%", r"\$", "==", "<", "`", r"(?<!\w)#\w", r"\^\w", r"\w://", r"www\.", r"\w@\w",
)  # fmt: skip
"""What Obsidian and others take for tags, comments, formulas, block ids and addresses."""


def shape(markdown):
    """What a page is made of, apart from its words: every token that is not text."""
    return [token for token in _walk(_MARKDOWN.parse(markdown)) if token != ("text",)]


def words(markdown):
    """What a reader sees of it, as one text."""
    shown = []
    for token in _MARKDOWN.parse(markdown):
        shown += [
            one.content for one in token.children or () if one.type in ("text", "code_inline")
        ]
    return "".join(shown)


def doubtful(markdown):
    """The links that lead anywhere but into the folder, and what Obsidian would take for syntax."""
    links = [token[1] for token in shape(markdown) if token[0] in ("link_open", "image")]
    found = [link for link in links if not _OURS.fullmatch(link)]
    bare = markdown
    for ours in (
        _LINK,
        r"\\[!-/:-@\[-`{-~]",
        r"&\w+;",
        r"(?m)^#+ ",
        r"(?m)^`\d+`",
        r"(?m) \^L\d+$",
    ):
        bare = re.sub(ours, " ", bare)
    for syntax in _SYNTAX:
        found += re.findall(syntax, bare)
    return found


def _walk(tokens):
    for token in tokens:
        if token.type == "inline":
            yield from _walk(token.children)
        elif token.type in ("link_open", "image"):
            yield (token.type, token.attrs.get("href", token.attrs.get("src")))
        elif token.type in ("text", "text_special", "softbreak"):
            yield ("text",)
        else:
            yield (token.type, token.tag, token.markup if token.type != "text" else "")
