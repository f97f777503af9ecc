"""The web page in a real Chromium: live updates, actions, files, keyboard, narrow and dark."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving import Served, served

from retain import Settings
from retain.memory.model import Price
from retain.testing.modelserver import ModelServer, Plan

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

ANA = "# Ana\n\nAna lives in Lisbon.\n\n## Work\n\nShe paints harbours in Porto with Bob Reis.\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("browser") / "memory.db") as running:
        with running.client() as http:
            body = {"source_id": "notes/ana.md", "text": ANA}
            assert http.post("/v1/banks/ana/sources?wait=60", json=body).status_code == 200
            answer = http.post("/v1/banks/ana/facts", json={"text": "Ana moved to Porto."})
            assert answer.status_code == 201
        yield running


@pytest.fixture
def page(browser: Any, server: Served) -> Iterator[Any]:
    """A page that must not complain: no script fails, and the policy refuses nothing."""
    context = browser.new_context(base_url=server.address)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert wrong == []


PATHS = [
    "/runs", "/banks", "/costs", "/add", "/banks/ana", "/banks/ana/pages/Ana", "/banks/ana/facts",
    "/banks/ana/entities", "/banks/ana/log", "/banks/ana/sources", "/banks/ana/graph",
    "/banks/ana/sources/notes%2Fana.md?line=3", "/banks/ana/runs/notes%2Fana.md",
    "/banks/ana/recall?q=Where+does+Ana+live",
]  # fmt: skip


def test_every_page_fits_a_phone_and_has_one_heading_and_names_for_its_fields(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in PATHS:
        page.goto(path)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), path
        assert page.locator("h1").count() == 1, path
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input, select, textarea, button')]"
            ".filter(one => !(one.labels && one.labels.length) && !one.textContent.trim()"
            " && !one.ariaLabel).length"
        )
        assert unnamed == 0, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_light_and_in_dark(browser: Any, server: Served, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        base_url=server.address,
        color_scheme=scheme,
        bypass_csp=True,  # axe is a script of somebody else
    )
    page = context.new_page()
    for path in PATHS:
        page.goto(path)
        found = axe.run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], path
    context.close()


def test_runs_are_reached_and_read_with_the_keyboard_alone(page: Any) -> None:
    page.goto("/runs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(30):
        page.keyboard.press("Tab")
        if "/runs/" in (page.evaluate("document.activeElement.getAttribute('href')") or ""):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/**")
    page.goto("/banks/ana/recall")
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("Where does Ana live?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hits")
    assert "Porto" in page.locator(".hits").inner_text()
    page.locator(".hits a").first.click()
    page.wait_for_selector("mark#span")


def test_a_run_that_begins_elsewhere_appears_by_itself(page: Any, server: Served) -> None:
    page.goto("/runs?bank_id=live")
    assert page.locator(".empty").count() == 1
    with server.client() as http:
        body = {"source_id": "live.md", "text": "Bob lives in Rome."}
        http.post("/v1/banks/live/sources?wait=60", json=body)
    page.wait_for_selector("text=live.md")
    page.wait_for_selector(".state.completed")


def test_dropped_files_are_retained(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "dropped.md"
    file.write_text("Eva lives in Ghent.\n", encoding="utf-8")
    page.goto("/add")
    page.fill("#bank", "dropped")
    page.set_input_files("#files", str(file))
    page.click("text=watch")
    page.wait_for_selector(".state.completed")


def test_facts_are_added_and_sources_forgotten_from_the_page(page: Any) -> None:
    page.goto("/banks/ana/facts")
    page.fill("input[name=text]", "Ana plays the oboe.")
    page.click("button:has-text('Add')")
    page.wait_for_selector("text=Ana plays the oboe")
    page.click("tr:has-text('oboe') a")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("button:has-text('Forget')")
    page.wait_for_url("**/sources")
    page.goto("/banks/ana/facts")
    assert "oboe" not in page.locator("table").inner_text()


def test_a_run_is_cancelled_and_resumed_from_the_page(
    browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    db = tmp_path_factory.mktemp("cancel") / "memory.db"
    with ModelServer(Plan(latency=600)) as model:
        settings = Settings(
            f"sqlite:///{db}",
            embedder="static",
            model="openai-compatible:qwen3",
            base_url=model.url,
            price=Price(0.1, 0.1),
        )
        with served(db, settings=settings) as server, server.client() as http:
            http.post("/v1/banks/ana/sources", json={"source_id": "ana.md", "text": ANA})
            page = browser.new_page(base_url=server.address)
            page.goto("/banks/ana/runs/ana.md")
            page.wait_for_selector(".chart .running")
            page.click("button:has-text('Cancel')")
            page.wait_for_selector(".state.interrupted")
            model.plan = Plan()
            page.click("button:has-text('Resume')")
            page.wait_for_selector(".state.completed")
            assert "qwen3" in page.locator("main").inner_text()
            page.goto("/costs")
            assert "qwen3" in page.locator("table").first.inner_text()
            page.close()
