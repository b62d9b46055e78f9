"""``deepaas-run`` over TLS."""

import asyncio

from tests.tls.issuing import PAST, issue


async def test_a_server_says_how_it_is_asked_over_tls_however_it_has_its_sockets(
    start, install, tmp_path
):
    install("shout", "def predict(text: str = 'hello') -> str:\n    return text.upper()\n")
    argv = issue(tmp_path, "a.example.org").argv
    server = await start("--reload", "--listen-early", *argv)
    assert server.url.startswith("https://a.example.org:")
    assert "while models get ready" in server.banner
    (line,) = (line for line in server.banner.splitlines() if "curl" in line)
    curl = await asyncio.create_subprocess_shell(
        line.replace("curl", "curl -s"), stdout=asyncio.subprocess.PIPE, cwd="/"
    )
    out, _ = await curl.communicate()
    assert out == b'{"status":"OK","predictions":"HELLO"}'


async def test_a_certificate_that_cannot_be_served_is_one_line_and_exit_code_2(run, tmp_path):
    files = issue(tmp_path, **PAST)
    ended = await run("run", *files.argv, "no_such_model.py")
    assert (ended.code, ended.out) == (2, "")
    said = f"deepaas-run: error: --tls-cert {files.certificate}: certificate has expired\n"
    assert ended.err == said
