"""The Swagger UI in a real browser."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

pytestmark = pytest.mark.browser

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1600",
)


@pytest.fixture
def browser(tmp_path):
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        if os.environ.get("CI"):
            pytest.fail("Chromium and chromedriver must be installed here")
        pytest.skip("Chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path}/profile"):
        options.add_argument(argument)
    with webdriver.Chrome(options, webdriver.ChromeService(driver)) as chrome:
        yield chrome


async def address(client) -> str:
    async with client.get("/api") as response:
        return str(response.url)


class Page:
    """The Swagger UI, as a person sees it."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser
        self.wait = WebDriverWait(browser, 20)

    def open(self, url: str, path: str) -> None:
        self.browser.get(url)
        summary = f"//span[@data-path='{path}']"
        self.wait.until(expected.element_to_be_clickable((By.XPATH, summary))).click()
        self.click(".try-out__btn")

    def click(self, selector: str) -> None:
        element = self.wait.until(expected.element_to_be_clickable((By.CSS_SELECTOR, selector)))
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def fill(self, parameter: str, text: str) -> None:
        selector = f"tr[data-param-name='{parameter}'] input"
        field = self.wait.until(expected.presence_of_element_located((By.CSS_SELECTOR, selector)))
        field.send_keys(text)

    def answer(self) -> str:
        selector = ".live-responses-table .response-col_description .microlight"
        return self.wait.until(
            expected.presence_of_element_located((By.CSS_SELECTOR, selector))
        ).text

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]


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
