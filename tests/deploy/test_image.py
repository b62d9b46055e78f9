"""What an image of deploy/Dockerfile has is pinned, and is what the package asks for."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.nginx import DEPLOY

ROOT = DEPLOY.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = re.search(r"^LOCKED := (.+)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
LOCK = (DEPLOY / "requirements.lock").read_text()
PINS = {
    canonicalize_name(name): version for name, version in re.findall(r"(?m)^(\S+)==(\S+)", LOCK)
}


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_the_lock_has_what_the_package_asks_for(extra):
    asked = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    for requirement in map(Requirement, asked):
        pin = PINS[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin, prereleases=True), requirement


def test_each_pin_is_checked_by_a_hash_and_names_no_index():
    lines = LOCK.replace("\\\n", " ").splitlines()
    for line in lines:
        assert line.startswith("#") or re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    assert "://" not in LOCK


def test_the_image_installs_nothing_that_is_not_pinned():
    installs = re.findall(r"pip install (.+?)(?:\n| && )", (DEPLOY / "Dockerfile").read_text())
    assert len(installs) == 3
    for options in installs:
        assert any(one in options for one in ("--require-hashes", "--no-deps", "-c /srv/"))
