"""The interface in a real browser: it is seen, answers keys, fits the window, and fetches nothing from elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

import browser
import pytest
from served import served

pytestmark = pytest.mark.skipif(
    browser.found() is None, reason="no Chromium is installed (on Debian: apt-get install chromium)"
)


async def test_a_browser_shows_the_interface_and_it_answers_keys_there(made, tmp_path):
    with served(made) as server:
        async with browser.page(tmp_path) as page:
            await page.open(server.url)
            text = await page.wait("Tea and cats", "FICTIONAL PEOPLE AND TEXTS", "run1", "Quit")
            assert "esc closes" not in text
            await page.key("?")
            await page.wait("esc closes")
            assert await page.value("location.href") == f"{server.root}/"
            columns, rows = await page.value("[caught.terminal.cols, caught.terminal.rows]")
            assert columns > 100 and 20 < rows < 60
            assert await page.value("document.fonts.check('16px \"Roboto Mono\"')")
            assert {urlsplit(url).netloc for url in page.asked if not url.startswith("data:")} == {
                urlsplit(server.url).netloc
            }
            assert await page.value("document.cookie") == ""
            assert not page.complaints
            await page.key("q")
            await page.key("q")
            ended = "getComputedStyle(document.querySelector('#ended')).display"
            for _ in range(100):
                if await page.value(ended) == "flex":
                    break
            await page.value("document.querySelector('#ended a').click()")
            await page.wait("Tea and cats")


async def test_a_page_without_the_token_shows_that_it_is_closed(made, tmp_path):
    with served(made) as server:
        async with browser.page(tmp_path) as page:
            await page.open(server.root)
            for _ in range(50):
                text = await page.value("document.body.innerText")
                if text:
                    break
            assert text.startswith("Closed.") and "commonbond serve" in text
