"""What the documentation tells to write and to type does what it shows."""

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import HOW
from tests.pages.following import WAYS, follow
from tests.pages.reading import PAGES, blocks, steps
from tests.pages.spared import INSTEAD, SPARED
from tests.pages.terminal import Terminal

# Those that pages show.
PROVIDER = "https://aai.egi.eu/auth/realms/egi"
ENTITLEMENT = "urn:mace:egi.eu:group:vo.example.eu:role=member#aai.egi.eu"
WITH_CODE = [page for page in PAGES if blocks(page)]


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A folder with the first model of the example, which is trained once for all pages."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "digits"
    with (shared / "digits.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            subprocess.run(
                [sys.executable, "-c", "from digits import api; api.warm()"],
                env={**os.environ, "DIGITS_MODEL_DIR": str(folder)},
                check=True,
            )
    return folder


@pytest.fixture
def provider(tmp_path):
    """What a terminal needs so that a provider of OpenID Connect is there for a user."""
    # It takes long to import, and one page needs it.
    import trustme

    from tests.auth.issuing import Issuer, written

    authority = trustme.CA()
    programs = tmp_path / "programs"
    programs.mkdir()
    with Issuer(authority).running() as issuer, written(authority, programs) as ca_file:
        token = issuer.opaque("maria", eduperson_entitlement=[ENTITLEMENT])
        agent = programs / "oidc-token"
        agent.write_text(f"#!/bin/sh\necho {token}\n")
        agent.chmod(0o755)
        path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        yield {PROVIDER: issuer.url}, {"SSL_CERT_FILE": ca_file, "PATH": path}


@pytest.fixture
def terminal(tmp_path, page, request):
    text = PAGES[page].read_text()
    uses_digits = re.search(r"make run|model.name[ =]+digits", text)
    digits = request.getfixturevalue("digits") if uses_digits else None
    provider = request.getfixturevalue("provider") if "$(oidc-token " in text else ()
    opened = Terminal(tmp_path, digits, *provider)
    yield opened
    opened.close()


def told(wrong):
    """Tell an author of a page what to do."""
    if wrong:
        pytest.fail("\n".join([*wrong, HOW]), pytrace=False)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("page", WITH_CODE)
def test_following_a_page_from_top_to_bottom_does_what_it_shows(page, terminal, tmp_path):
    for block in blocks(page):
        follow(block, terminal, tmp_path)


@pytest.mark.parametrize("page", WITH_CODE)
def test_each_block_can_be_followed(page):
    spared = SPARED.get(page, {})
    ways = ", ".join(WAYS)
    lost = [
        f"{block.where}: {block.first!r} is {block.kind or 'of no language'}; write it as {ways}"
        for block in blocks(page)
        if block.kind not in WAYS and block.first not in spared
    ]
    lost += [
        f"{block.where}: no command begins with '$ '"
        for block in blocks(page)
        if block.kind == "console" and not block.text.startswith("$ ")
    ]
    told(lost)


@pytest.mark.parametrize("page", WITH_CODE)
def test_each_file_of_a_page_is_used_by_a_command_below_it(page):
    found = blocks(page)
    unused = [
        f"{block.where}: no command below it uses {block.caption}"
        for number, block in enumerate(found)
        if block.kind == "python"
        and block.caption
        and not any(
            Path(block.caption).stem in later.text
            for later in found[number + 1 :]
            if later.kind in ("console", "toml")
        )
    ]
    told(unused)


def test_what_is_spared_and_made_quicker_is_there():
    lines = {page: {block.first for block in blocks(page)} for page in PAGES}
    consoles = [block for page in PAGES for block in blocks(page) if block.kind == "console"]
    for block in consoles:
        lines[block.page] |= {step.command for step in steps(block.text)}
    gone = [(page, line) for page in SPARED for line in SPARED[page] if line not in lines[page]]
    gone += [slow for slow in INSTEAD if not any(slow in block.text for block in consoles)]
    assert not gone, f"remove from tests/pages/spared.py: {gone}"
    assert all(reason for reasons in SPARED.values() for reason in reasons.values())
