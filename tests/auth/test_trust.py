"""What the section ``[flaat]`` may say, and when a server does not start with it."""

from __future__ import annotations

import sys

import pytest
from oslo_config import cfg

from deepaas import config
from deepaas.auth.opening import load_flaat
from deepaas.cmd.exposure import check_access
from deepaas.exceptions import ConfigurationError
from deepaas.settings import Settings
from deepaas.trust import SWITCHES_OFF, Trust

ISSUER = "https://op.example/realms/one"
GOOD = {"issuers": (ISSUER,), "grants": {"predict": ("readers",)}}


@pytest.fixture
def read(unset, tmp_path):
    """Read options, and a file, as a command does."""

    def read_settings(*argv, text=""):
        file = tmp_path / "deepaas.conf"
        file.write_text(text)
        conf = cfg.ConfigOpts()
        config.register(conf)
        config.parse(conf, [*argv, f"--config-file={file}"], "deepaas-run")
        return Settings.from_conf(conf, ())

    return read_settings


def test_the_section_says_whose_tokens_count(read):
    text = f"""
        [flaat]
        trusted_issuers = {ISSUER}/, https://op.example/realms/two
        predict = readers, urn:mace:egi.eu:group:vo.example.eu:role=member#aai.egi.eu
        admin = *
        audience = deepaas
        timeout = 2
    """.replace(" " * 8, "")
    trust = read("--auth", "flaat", text=text).trust
    assert trust == Trust(
        issuers=(ISSUER, "https://op.example/realms/two"),
        grants={
            "predict": ("readers", "urn:mace:egi.eu:group:vo.example.eu:role=member#aai.egi.eu"),
            "admin": ("*",),
        },
        audience=("deepaas",),
        timeout=2.0,
    )
    trust.check()


def test_the_environment_says_it_as_well(read, monkeypatch):
    monkeypatch.setenv("OS_DEFAULT__AUTH", "tokens,flaat")
    monkeypatch.setenv("OS_FLAAT__TRUSTED_ISSUERS", ISSUER)
    monkeypatch.setenv("OS_FLAAT__PREDICT", "readers,others")
    settings = read()
    assert settings.trust == Trust((ISSUER,), {"predict": ("readers", "others")})
    assert settings.stored_tokens
    assert settings.authentication


def test_without_auth_flaat_nobody_is_trusted(read):
    assert read("--auth", "tokens", text=f"[flaat]\ntrusted_issuers = {ISSUER}\n").trust is None


@pytest.mark.parametrize("auth", ["", "none,tokens", "oidc"])
def test_other_ways_are_refused(read, auth):
    with pytest.raises(ConfigurationError, match="--auth is none, tokens, flaat or tokens,flaat"):
        read(f"--auth={auth}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("audiance = deepaas", r"\[flaat\] has no option 'audiance', but admin, audience, "),
        ("timeout = 0", r"\[flaat\] timeout: .*0.1"),
        ("cache_time = x", r"\[flaat\] cache_time: "),
    ],
)
def test_options_that_there_are_not_are_named(read, text, words):
    with pytest.raises(ConfigurationError, match=words):
        read(text=f"[flaat]\n{text}\n")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuers": ()}, "needs .flaat. trusted_issuers, such as https://"),
        ({"issuers": ("http://op.example",)}, "'http://op.example' is no URL such as https://"),
        ({"issuers": ("op.example",)}, "'op.example' is no URL"),
        ({"issuers": ("https://",)}, "is no URL"),
        ({"issuers": ("https://op.example:x",)}, "is no URL"),
        ({"issuers": ("https://me@op.example",)}, "is no URL"),
        ({"issuers": ("https://op.example?a=b",)}, "is no URL"),
        ({"grants": {}}, "needs one of predict, train, metrics, admin in .flaat."),
        ({"client_id": "us"}, "client_id and client_secret need one another"),
        (
            {"client_id": "us", "client_secret": "x", "issuers": (ISSUER, "https://two.example")},
            "the others must not learn its secret",
        ),
        ({"ca_file": "/nowhere.pem"}, "ca_file /nowhere.pem: No such file"),
        ({"ca_file": __file__}, "no certificates"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_the_start(changes, words):
    with pytest.raises(ConfigurationError, match=words):
        check_access(Settings(trust=Trust(**GOOD | changes)))


@pytest.mark.parametrize("name", SWITCHES_OFF)
@pytest.mark.parametrize("value", ["YES", "no"])
def test_with_a_variable_that_switches_flaat_off_no_server_starts(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} is set"):
        check_access(Settings(trust=Trust(**GOOD)))


def test_without_the_extra_it_is_named(monkeypatch):
    for name in ("by_flaat", "entitlements"):
        monkeypatch.delitem(sys.modules, f"deepaas.auth.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "flaat", None)
    monkeypatch.setitem(sys.modules, "flaat.requirements", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'deepaas\[flaat\]'"):
        load_flaat()
