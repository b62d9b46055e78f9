"""Pages that mean ill, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected

from tests.api.asking import predict
from tests.auth.holders import write_file
from tests.browsing import Page, chromium  # noqa: F401 - a fixture
from tests.conftest import url_of

pytestmark = pytest.mark.browser

PREDICT = "/v2/models/hostile/predict/"
FETCH = """
const [url, options, done] = arguments;
fetch(url, options).then(
  async (answer) => done([answer.type, answer.status, await answer.text(),
    answer.headers.get("X-Request-ID")]),
  (error) => done([String(error), 0, "", null]));
"""
SUBMIT = """
const form = document.createElement("form");
[form.action, form.enctype, form.method] = [...arguments, "POST"];
document.body.append(form);
form.submit();
"""
FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
AUTHORIZE = ".auth-wrapper .authorize"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """The port of a web server of somebody else's, under whatever name."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="<title>a page</title><body></body>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_pages_of_others_reach_no_model(serve, browser, port):
    friend = f"http://friend.example:{port}"
    client = await serve("hostile", cors_origins=(friend,))
    url = url_of(client).rstrip("/")
    page = Page(browser)

    def fetch(options: dict) -> list:
        return browser.execute_async_script(FETCH, url + PREDICT, options)

    def submit(kind: str) -> None:
        browser.execute_script(SUBMIT, url + PREDICT, kind)
        page.wait.until(expected.url_to_be(url + PREDICT))

    def attack() -> None:
        # Another site, and another server on the same machine.
        for origin in (f"http://evil.example:{port}", f"http://127.0.0.1:{port}"):
            for kind in FORMS:
                browser.get(origin)
                submit(kind)
                assert "--cors-origins" in browser.page_source
            browser.get(origin)
            for options in ({"mode": "no-cors"}, {}, {"headers": {"X-Request-ID": "a"}}):
                assert "Failed to fetch" in fetch({"method": "POST", **options})[0]
            # Nor can they read.
            assert "Failed to fetch" in fetch({})[0]

    await asyncio.to_thread(attack)
    assert (await predict(client, "hostile")).predictions["calls"] == 1

    def be_led_here() -> str:
        browser.get(f"{url.replace('127.0.0.1', 'rebound.example')}/v2/models/")
        return browser.page_source

    assert "--allowed-hosts rebound.example" in await asyncio.to_thread(be_led_here)

    def ask_as_friend() -> list:
        browser.get(friend)
        headers = {"Authorization": "Bearer x", "X-Request-Timeout": "20", "X-Request-ID": "mine"}
        return fetch({"method": "POST", "headers": headers})

    kind, status, text, identifier = await asyncio.to_thread(ask_as_friend)
    assert (kind, status, identifier) == ("cors", 200, "mine")
    assert '"calls":2' in text

    def show_page_of_model() -> tuple[str, str]:
        browser.get(friend)
        submit(FORMS[1])
        shown = browser.find_element(By.TAG_NAME, "p").text
        return browser.title, shown

    assert await asyncio.to_thread(show_page_of_model) == ("quiet", "shown")


async def test_what_a_model_says_of_itself_does_not_run_where_a_person_shows_a_token(
    serve, browser, tmp_path
):
    tokens = write_file(tmp_path / "tokens")
    client = await serve("hostile", tokens_file=str(tmp_path / "tokens"))
    url = url_of(client).rstrip("/")
    page = Page(browser)

    def show(token: str) -> None:
        page.click(AUTHORIZE)
        field = page.wait.until(
            expected.element_to_be_clickable((By.CSS_SELECTOR, ".auth-container input"))
        )
        field.send_keys(token)
        page.click(".auth-btn-wrapper .authorize")
        page.click(".auth-btn-wrapper .btn-done")

    def withdraw() -> None:
        page.click(AUTHORIZE)
        page.click(".auth-btn-wrapper button:not(.btn-done)")
        page.click(".auth-btn-wrapper .btn-done")

    def execute() -> str:
        page.click(".execute")
        answer = page.answer()
        page.click(".btn-clear")
        return answer

    def visit() -> tuple[list[str], str]:
        page.open(f"{url}/api?configUrl=//evil.example#/<img src=x onerror=window.ran=8>", PREDICT)
        show("dp_wrong")
        answers = [execute()]
        withdraw()
        show(tokens["predicts"])
        answers.append(execute())
        for link in browser.find_elements(By.CSS_SELECTOR, ".trap, [href^='javascript:']"):
            browser.execute_script("arguments[0].click()", link)
        assert browser.execute_script("return window.ran") is None
        return answers, browser.find_element(By.TAG_NAME, "body").text

    answers, text = await asyncio.to_thread(visit)
    assert "token" in answers[0]
    assert "dp_wrong" not in answers[0]
    assert '"calls": 1' in answers[1]
    assert "shown" in text
