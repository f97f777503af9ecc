"""Makes the pictures of the web page in `docs/images`: python docs/make_screenshots.py

It needs Chromium, playwright and Pillow. Names of pictures are PAGE-SCHEME.png.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from retain import Memory, Settings
from retain.server.access import Access
from retain.server.listener import Server, listening
from retain.server.serve import serve

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"

COLOURS = 48

PAGES = {
    "runs": "/runs",
    "run": "/banks/mira/runs/notes%2F2024-01-people.md",
    "page": "/banks/mira/pages/Jonas",
    "source": "/banks/mira/sources/notes%2F2024-01-people.md?span=335-353#span",
    "facts": "/banks/mira/facts?about=Jonas",
    "recall": "/banks/mira/recall?q=What+does+Jonas+work+as%3F",
    "graph": "/banks/mira/graph",
}


async def main() -> None:
    """Retain the examples, serve them, and take the pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, listening("127.0.0.1", 0) as sock:
        settings = Settings(f"sqlite:///{folder}/memory.db")
        async with Memory.open(settings.db, settings=settings) as memory:
            await memory.retain(ROOT / "examples", bank_id="mira")
            servers: list[Server] = []
            work = serve(memory, sock, access=Access(), started=servers.append)
            task = asyncio.create_task(work)
            await take_all("http://{}:{}".format(*sock.getsockname()))
            servers[0].stop()
            await task


async def take_all(address: str) -> None:
    """Take every picture, light and dark."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            context = await browser.new_context(
                base_url=address,
                color_scheme=scheme,
                viewport={"width": 1100, "height": 760},
            )
            page = await context.new_page()
            for name, path in PAGES.items():
                await page.goto(path)
                picture = Image.open(BytesIO(await page.screenshot()))
                few = picture.convert("RGB").quantize(COLOURS)  # a third of the bytes
                few.save(IMAGES / f"{name}-{scheme}.png", optimize=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
