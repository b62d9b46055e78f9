"""``deepaas-token``, and servers that ask for what it has made."""

import getpass
import json
import re

import aiohttp
import pytest

from deepaas.cmd import token
from tests.auth.holders import shows
from tests.tls.issuing import issue

MODEL = """
    def predict(x: int = 1):
        return x
"""
PREDICT = "/v2/models/plain/predict/"


async def status(server, token):
    """Return how a server answers to who asks for a prediction."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(server.url + PREDICT, headers=shows(token)) as response,
    ):
        return response.status


async def create(run, name="ci", *more):
    """Make a token for predictions, and return it."""
    ended = await run("token", "create", name, "--scopes", "predict", *more)
    assert ended.code == 0, ended.err
    return ended.out.strip()


async def test_a_token_counts_at_two_servers_until_another_process_revokes_it(run, start, install):
    install("plain", MODEL)
    token = await create(run)
    servers = [await start("--auth", "tokens") for _ in range(2)]
    assert "by token" in servers[0].banner
    assert [await status(one, token) for one in servers] == [200, 200]
    later = await create(run, "later")
    assert [await status(one, later) for one in servers] == [200, 200]
    assert (await run("token", "revoke", "ci")).out == "ci is revoked\n"
    # At once: no server takes it any more when the command has ended.
    assert [await status(one, token) for one in servers] == [401, 401]
    assert [await status(one, later) for one in servers] == [200, 200]


async def test_the_token_alone_is_printed_and_the_rest_tells_how_to_use_it(run):
    ended = await run("token", "create", "ci", "--scopes", "train:a,predict", "--expires", "30d")
    assert re.fullmatch(r"dp_[\w-]{43}\n", ended.out)
    assert "ci may predict,train:a until 20" in ended.err
    assert 'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:5000/v2/models/' in ended.err
    listed = await run("token", "list")
    assert re.search(r"^ci +predict,train:a +valid +20\S+Z +20\S+Z +-$", listed.out, re.MULTILINE)
    assert ended.out.strip() not in listed.out


def test_who_makes_and_revokes_tokens_is_written_down(unset, tmp_path, capsys):
    path = tmp_path / "audit"
    create = ["create", "ci", "--scopes", "predict:a,train"]
    where = ["--audit-file", str(path), "--state-dir", str(tmp_path / "state")]
    for argv in (create, ["list"], ["revoke", "ci"]):
        token.main([*argv, *where])
    with pytest.raises(SystemExit):
        token.main(["revoke", "ci", *where])
    made, revoked, refused = map(json.loads, path.read_text().splitlines())
    assert made["who"] == revoked["who"] == f"local:{getpass.getuser()}"
    assert (made["action"], made["token"], made["scopes"], made["result"]) == (
        *("token.create", "ci", "predict:a,train", "done"),
    )
    assert (revoked["action"], revoked["token"], revoked["result"]) == (
        *("token.revoke", "ci", "done"),
    )
    assert refused["result"] == "failed"
    # The token itself is printed, and nowhere else.
    assert capsys.readouterr().out.partition("\n")[0] not in path.read_text()


def test_the_line_for_curl_has_what_a_server_with_a_certificate_takes(unset, tmp_path, capsys):
    files, conf = issue(tmp_path, "models.example.org"), tmp_path / "some.conf"
    conf.write_text(
        f"[DEFAULT]\nlisten_ip = 0.0.0.0\ntls_cert = {files.certificate}\ntls_key = {files.key}\n"
    )
    where = ["--config-file", str(conf), "--state-dir", str(tmp_path / "state")]
    token.main(["create", "ci", "--scopes", "predict", *where])
    name = "models.example.org:5000"
    expected = f"https://{name}/v2/models/ --resolve {name}:127.0.0.1 --cacert {files.certificate}"
    assert expected in capsys.readouterr().err
    files.key.unlink()
    token.main(["create", "later", "--scopes", "predict", *where])
    assert "https://0.0.0.0:5000/v2/models/" in capsys.readouterr().err


@pytest.mark.parametrize("when", ["999999w", "9999-12-31T23:59:59-23:59"])
def test_what_expires_after_all_dates_can_be_listed(unset, tmp_path, capsys, when):
    where = ["--state-dir", str(tmp_path / "state")]
    token.main(["create", "ci", "--scopes", "predict", "--expires", when, *where])
    token.main(["list", *where])
    assert "9999-12-31T00:00Z" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["create", "ci"], "required: --scopes"),
        (["create", "ci", "--scopes", "write"], "'write' is no scope; there are predict, train"),
        (["create", "a b", "--scopes", "predict"], "'a b' is no name"),
        (["create", "ci", "--scopes", "predict", "--expires", "soon"], "'soon' is no date"),
        (["create", "ci", "--scopes", "predict", "--expires", "2020-01-01"], "is over already"),
        (
            ["create", "ci", "--scopes", "predict", "--expires", "0001-01-01T00:00:00+23:59"],
            "is over already",
        ),
        (["revoke", "nobody"], "there is no token 'nobody' to revoke; there is: none"),
        (["list", "--state-dir", "/dev/null/x"], "--state-dir /dev/null/x cannot be used"),
        (["list", "--database-url", "mysql://x"], "--database-url is for 'mysql'"),
        (["list", "--config-file", "none.conf"], "configuration file not found: "),
    ],
)
async def test_what_cannot_be_done_is_one_line_and_exit_code_2(run, argv, words):
    ended = await run("token", *argv)
    assert (ended.code, ended.out) == (2, "")
    (line,) = ended.err.splitlines()
    assert line.startswith("deepaas-token: error: ")
    assert words in line


async def test_a_wrong_file_of_tokens_is_one_line_and_exit_code_2(run, install, tmp_path):
    install("plain", MODEL)
    (tmp_path / "tokens").write_text("ci dp_short predict\n")
    ended = await run("run", DEEPAAS_TOKENS_FILE="tokens")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith(
        "deepaas-run: error: --tokens-file tokens: line 1: its second word is neither"
    )


async def test_listening_for_others_without_authentication_is_said(start, install):
    install("plain", MODEL)
    server = await start("--listen-ip", "0.0.0.0")
    (line,) = [one for one in server.banner.splitlines() if "NO AUTHENTICATION" in one]
    assert "WHOEVER REACHES 0.0.0.0 MAY PREDICT" in line
    assert "NO AUTHENTICATION" not in (await start()).banner


async def test_authentication_can_be_required(run, start, install):
    install("plain", MODEL)
    required = {"OS_DEFAULT__REQUIRE_AUTHENTICATION": "true"}
    ended = await run("run", "--listen-ip", "0.0.0.0", **required)
    assert ended.code == 2
    assert "deepaas-run: error: --require-authentication: others can reach 0.0.0.0" in ended.err
    await start("--require-authentication")
