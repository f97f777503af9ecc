"""The web page without a browser: every page answers, and nothing that is stored runs in it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx2
import pytest
from tests.serving import Served, served

from retain.server.access import Access, Grant, digest
from retain.server.web.chart import chart
from retain.server.web.markdown import to_html

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
BANK = f"<i>{SCRIPT}</i>"
SOURCE = f"{SCRIPT}.md"
TEXT = (
    f"---\ntitle: {SCRIPT}\n---\n# {SCRIPT}\n\nMallory Voss lives in Rome. "
    f"Mallory Voss said {SCRIPT}\n\n"
    "[link](javascript:alert(1)) <script>alert(3)</script>\n\nMallory Voss works at Acme.\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("site") / "memory.db") as running:
        with running.client() as http:
            body = {"source_id": SOURCE, "text": TEXT}
            answer = http.post(f"/v1/banks/{quoted(BANK)}/sources?wait=60", json=body)
            assert answer.json()["runs"][0]["status"] == "completed"
            http.post(
                "/v1/banks/ana/sources?wait=60",
                json={"source_id": "a.md", "text": "Ana lives in Lisbon."},
            )
            http.post("/v1/banks/ana/facts", json={"text": "Ana moved to Porto."})
        yield running


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def page(server: Served, path: str, token: str | None = None, **more: str) -> httpx2.Response:
    with server.client(token) as http:
        return http.get(path, headers={"Accept": "text/html", **more})


class Seen(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts: list[str | None] = []
        self.urls: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.scripts += [dict(attrs).get("src")] if tag == "script" else []
        linking = ("href", "src", "action", "data-url", "data-next", "data-events")
        self.urls |= {value or "" for name, value in attrs if name in linking}


PAGES = [
    "/runs",
    "/runs?status=completed",
    "/banks",
    "/costs",
    "/add",
    "/login",
    "/banks/BANK",
    "/banks/BANK/pages/Mallory%20Voss",
    "/banks/BANK/pages/Mallory%20Voss?history=1",
    "/banks/BANK/facts",
    "/banks/BANK/facts?about=Mallory%20Voss",
    "/banks/BANK/entities",
    "/banks/BANK/log",
    "/banks/BANK/sources",
    "/banks/BANK/sources/SOURCE?span=3-60",
    "/banks/BANK/sources/SOURCE?line=2",
    "/banks/BANK/runs/SOURCE",
    "/banks/BANK/recall?q=SCRIPT%20Mallory&as_of=2027-01-01&source=*",
    "/banks/BANK/graph",
    "/banks/BANK/graph?about=Mallory%20Voss",
]


@pytest.mark.parametrize("path", PAGES)
def test_what_is_stored_is_shown_and_never_run(server: Served, path: str) -> None:
    for name, text in (("BANK", BANK), ("SOURCE", SOURCE), ("SCRIPT", SCRIPT)):
        path = path.replace(name, quoted(text))
    answer = page(server, path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    seen = Seen()
    seen.feed(answer.text)
    assert seen.scripts == ["/static/retain.js"]
    assert not seen.attributes & {"style", "onerror", "onclick", "onload", "srcdoc"}
    assert "img" not in seen.tags
    assert all(url.startswith(("/", "?", "#", "data:,")) for url in seen.urls), seen.urls
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/banks/ana/pages/Nobody", 404),
        ("/banks/ana/sources/none.md", 404),
        ("/banks/ana/recall?q=x&max_tokens=1", 422),
        ("/banks/ana/recall?q=x&as_of=yesterday", 422),
        ("/runs?status=odd", 422),
        ("/runs?after=odd", 422),
    ],
)
def test_an_error_is_a_page_that_says_what_to_do(server: Served, path: str, status: int) -> None:
    answer = page(server, path)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


def test_a_superseded_fact_is_struck_and_names_what_replaced_it(server: Served) -> None:
    shown = page(server, "/banks/ana/facts").text
    assert "<s>Ana lives in Lisbon</s>" in shown
    assert re.search(r"replaced by\s+Ana moved to Porto", shown)


def test_a_citation_leads_to_the_marked_words(server: Served) -> None:
    shown = page(server, "/banks/ana/recall?q=Where+did+Ana+move").text
    links = re.findall(r'href="(/banks/ana/sources/[^"]+)"', shown)
    where = links[0].replace("&amp;", "&").partition("#")[0]
    assert re.search(r"<mark[^>]*>[^<]*Porto", page(server, where).text)
    cited = re.search(
        r'href="(/banks/ana/sources/[^"?]+\?line=1)', page(server, "/banks/ana/pages/Ana").text
    )
    assert cited is not None
    assert 'id="L1" class="here"' in page(server, cited[1]).text


def test_an_empty_database_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("empty") / "memory.db") as running:
        for path in (
            "/runs",
            "/banks",
            "/banks/none",
            "/banks/none/facts",
            "/banks/none/graph",
            "/costs",
        ):
            answer = page(running, path)
            assert answer.status_code == 200
            assert 'class="empty"' in answer.text, path


def test_a_token_opens_the_page_through_a_cookie_that_no_script_reads(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    grants = [Grant("ana", digest("anas-token-of-a-test"), "read", ("ana",))]
    with served(tmp_path_factory.mktemp("token") / "memory.db", Access(grants)) as running:
        assert page(running, "/runs").headers["Location"] == "/login"
        with running.client() as http:
            html = {"Accept": "text/html"}
            wrong = http.post("/login", data={"token": "wrong"}, headers=html)
            assert wrong.status_code == 401
            right = http.post("/login", data={"token": "anas-token-of-a-test"}, headers=html)
            assert right.headers["Location"] == "/runs"
            cookie = right.headers["Set-Cookie"].lower()
            assert "httponly" in cookie
            assert "samesite=strict" in cookie
            assert http.get("/banks/ana/facts", headers=html).status_code == 200
            assert http.get("/banks/bob/facts", headers=html).status_code == 403
            foreign = {"Origin": "https://evil.example"}
            assert http.delete("/v1/banks/ana", headers=foreign).status_code == 403


def test_the_chart_draws_each_state_once_from_top_to_bottom() -> None:
    mermaid = (
        'stateDiagram-v2\n    state "A - 3 ms" as s0\n    state "B" as s1\n    state "C" as s2\n'
        '    state "D" as s3\n    [*] --> s0\n    state fork1 <<fork>>\n    state join1 <<join>>\n'
        "    s0 --> fork1\n    fork1 --> s1\n    s1 --> join1\n    fork1 --> s2\n    s2 --> join1\n"
        "    join1 --> s3\n    state fork2 <<fork>>\n    state join2 <<join>>\n    s3 --> fork2\n"
        "    fork2 --> s2\n    s2 --> join2\n    join2 --> s3\n    s3 --> [*]\n    class s0 done\n"
    )
    drawn = chart(mermaid)
    nodes = {node.name: node for node in drawn.nodes if node.name}
    assert set(nodes) == {"A", "B", "C", "D"}
    assert (nodes["A"].kind, nodes["A"].detail) == ("done", "3 ms")
    assert nodes["A"].y < nodes["B"].y == nodes["C"].y < nodes["D"].y
    assert nodes["B"].x != nodes["C"].x
    assert [back for _, back in drawn.edges].count(True) == 1


def test_links_of_pages_stay_on_this_server() -> None:
    shown = to_html(
        "[x](https://evil.example) [y](javascript:alert) ![z](https://evil.example/a.png) "
        "[b c/d.md:7](../sources/slug.md#^L7) [Ana](ana.md) <b>bold</b>",
        "my bank",
    )
    assert "evil.example/a" not in re.sub(r"&[^;]+;", "", shown) or "<img" not in shown
    assert set(re.findall(r'href="([^"]*)"', shown)) == {
        "#",
        "/banks/my%20bank/sources/b%20c%2Fd.md?line=7#L7",
        "/banks/my%20bank/pages/ana",
    }
    assert "&lt;b&gt;" in shown
