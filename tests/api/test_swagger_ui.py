"""The Swagger UI in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected

from tests.browsing import Page, chromium  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser


async def address(client) -> str:
    async with client.get("/api") as response:
        return str(response.url)


async def test_a_person_uploads_a_file_and_sees_the_answer(serve, browser, tmp_path):
    client = await serve("builtin")
    url = await address(client)
    picture = tmp_path / "picture.txt"
    picture.write_text("12345")

    def visit() -> tuple[str, list[str]]:
        page = Page(browser)
        page.open(url, "/v2/models/builtin/predict/")
        page.fill("data", str(picture))
        page.fill("parameter", "42")
        page.click(".execute")
        return page.answer(), page.complaints()

    answer, complaints = await asyncio.to_thread(visit)
    assert '"size": 5' in answer
    assert '"parameter": 42' in answer
    assert complaints == []


async def test_the_page_shows_its_own_document_whatever_the_address_says(serve, browser):
    client = await serve("builtin")
    url = await address(client)

    def visit() -> list[str]:
        browser.get(f"{url}?url=https://petstore.example/swagger.json")
        page = Page(browser)
        page.wait.until(expected.presence_of_element_located((By.CSS_SELECTOR, ".opblock")))
        return [
            one.get_attribute("data-path")
            for one in browser.find_elements(By.CSS_SELECTOR, "[data-path]")
        ]

    assert "/v2/models/builtin/predict/" in await asyncio.to_thread(visit)


async def test_the_page_loads_nothing_from_elsewhere(serve):
    client = await serve("builtin", base_path="/p")
    async with client.get("/p/api") as response:
        policy = response.headers["Content-Security-Policy"]
        page = await response.text()
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "http" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f"/p/api/static/{name}" in page
        async with client.get(f"/p/api/static/{name}") as response:
            assert response.status == 200
            assert len(await response.read()) == (static() / name).stat().st_size


def static() -> Path:
    from deepaas.api import document

    return document.STATIC
