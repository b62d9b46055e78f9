"""A real browser, in which people look at pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

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
    # Names of others, that lead to this machine.
    "--host-resolver-rules=MAP *.example 127.0.0.1",
)


@pytest.fixture(scope="module", name="browser")
def chromium(tmp_path_factory) -> Iterator[webdriver.Chrome]:
    """Chromium, of one profile for all tests of a file."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and driver):
        if os.environ.get("CI"):
            pytest.fail("Chromium and chromedriver must be installed here")
        pytest.skip("Chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    with webdriver.Chrome(options, webdriver.ChromeService(driver)) as chrome:
        yield chrome


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
