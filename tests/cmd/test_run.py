"""``deepaas-run``, as it is run."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time

import aiohttp
import psutil
import pytest

from tests.cmd.conftest import MODEL

SLOW = """
    import time
    from webargs import fields

    def get_predict_args():
        return {"seconds": fields.Float(missing=0.0)}

    def predict(seconds):
        print("predicting", flush=True)
        time.sleep(seconds)
        return seconds
"""


async def get(url: str) -> tuple[int, object]:
    async with aiohttp.ClientSession() as client, client.get(url) as response:
        return response.status, await response.json()


async def test_the_banner_shows_urls_and_a_curl_line_that_works(start, install):
    install(
        "typed",
        """
        from webargs import fields, validate

        def get_predict_args():
            return {
                "number": fields.Int(required=True, validate=validate.Range(min=7)),
                "word": fields.Str(required=True, validate=validate.OneOf(["x y", "z"])),
                "when": fields.DateTime(required=True),
                "file": fields.Field(required=True, type="file", location="form"),
            }

        def predict(**kwargs):
            return sorted(kwargs)
        """,
    )
    server = await start(anew=True)
    for path in ("/v2/", "/swagger.json", "/api"):
        assert f"{server.url}{path}" in server.banner
    assert "no authentication" in server.banner
    (line,) = (line for line in server.banner.splitlines() if "curl" in line)
    process = await asyncio.create_subprocess_shell(
        line.replace("curl", "curl -s"), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert json.loads(out)["predictions"] == ["file", "number", "when", "word"]
    assert "with a file of yours in place of sample.png:" in server.banner


async def test_the_curl_line_sends_the_file_that_a_model_gives_as_an_example(
    start, install, tmp_path
):
    (tmp_path / "it's mine.csv").write_text("1,2")
    code = """
        from webargs import fields

        def get_predict_args():
            example = {"example": "it's mine.csv"}
            return {"table": fields.Field(type="file", location="form", metadata=example)}

        def predict(table):
            with open(table.filename) as file:
                return [table.original_filename, file.read()]
    """
    install("exemplary", code)
    server = await start()
    (line,) = (line for line in server.banner.splitlines() if "curl" in line)
    process = await asyncio.create_subprocess_shell(
        line.replace("curl", "curl -s"), stdout=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    out, _ = await process.communicate()
    assert json.loads(out)["predictions"] == ["it's mine.csv", "1,2"]
    assert "sample.png" not in server.banner


async def test_start_up_says_what_is_loaded_and_then_nothing_but_the_banner(start, install):
    install("shout", MODEL)
    server = await start("--nowarm")
    loading, banner = server.banner.split("\n", 1)
    assert loading.endswith("Loading shout (1 worker)")
    assert banner.startswith("DEEPaaS 2.7.0 serves shout")


async def test_arguments_in_the_query_can_be_long(start, install):
    install("shout", MODEL)
    server = await start()
    text = "a" * 60_000
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{server.url}/v2/models/shout/predict/?text={text}") as response,
    ):
        assert (await response.json())["predictions"]["text"] == text


async def test_all_installed_models_are_served_and_a_broken_one_is_left_out(start, install):
    install("shout", MODEL)
    install("other", MODEL)
    install("broken", "import a_module_that_does_not_exist\n")
    server = await start()
    assert "model 'broken' cannot be imported" in server.banner
    status, answer = await get(f"{server.url}/v2/models/")
    assert status == 200
    assert [model["links"][0]["href"] for model in answer["models"]] == [
        "/v2/models/other",
        "/v2/models/shout",
    ]


@pytest.mark.parametrize(
    ("argv", "variables", "code", "named"),
    [
        (["--workers", "0"], {}, 2, "workers"),
        (["--listen-port", "99999"], {}, 2, "99999"),
        (["--client-max-size", "x"], {}, 2, "client"),
        (["--log-level", "LOUD"], {}, 2, "LOUD"),
        (["--config-file", "absent.conf"], {}, 2, "absent.conf"),
        (["--log-file", "/proc/absent/log"], {}, 2, "log-file"),
        (["--config-file", "."], {}, 2, "Is a directory"),
        (["--temporary-directory", "/proc/absent"], {}, 2, "--temporary-directory"),
        (["--workers", "1001"], {}, 2, "--workers"),
        (["--keep-trainings", "3y"], {}, 2, "'3y' is not understood: give a number"),
        ([], {"OS_DEFAULT__KEEP_TRAININGS": "3y"}, 2, "as 30d (w for weeks, d for days"),
        (["--memory-limit", "4X"], {}, 2, "4X"),
        (["--unload-after", "-1"], {}, 2, "--unload-after"),
        (["--workers="], {}, 2, "--workers"),
        (["--listen-port="], {}, 2, "--listen-port"),
        ([], {"OS_DEFAULT__TRAIN_WORKERS": ""}, 2, "--train-workers"),
        ([], {"OS_DEFAULT__WORKERS": "many"}, 2, "workers"),
        (["--nothing"], {}, 2, "--nothing"),
        (["--base-path", "p"], {}, 2, "'/'"),
        (["--base-path", "/{"], {}, 2, "--base-path"),
        (["--base-path", "/a b"], {}, 2, "--base-path"),
        (["--base-path", "/a/../b"], {}, 2, "--base-path"),
        (["--model-name", "absent"], {}, 1, "absent"),
    ],
)
async def test_bad_options_are_one_line_and_an_exit_code(
    run, install, argv, variables, code, named
):
    install("shout", MODEL)
    ended = await run("run", "--listen-port", "0", *argv, **variables)
    assert ended.code == code, ended
    (line,) = ended.err.splitlines()
    assert named in line


@pytest.mark.parametrize(
    ("option", "value"), [("--state-dir", "/proc/absent"), ("--database-url", "nonsense")]
)
async def test_a_place_for_trainings_that_cannot_be_used_is_one_line(run, install, option, value):
    install("shout", MODEL)
    ended = await run("run", "--listen-port", "0", option, value)
    assert ended.code == 2
    loading, line = ended.err.splitlines()
    assert "Loading shout" in loading
    assert option in line


async def test_without_any_model_it_says_what_to_do(run, environment):
    ended = await run("run", "--listen-port", "0", DEEPAAS_V2_MODEL="")
    if ended.code == 0:
        pytest.fail("another installed model was served")
    assert ended.code == 1
    assert "deepaas-test" in ended.err


async def test_a_model_whose_warm_fails_keeps_the_server_from_starting(run, install):
    install("cold", "def warm():\n    raise OSError('no weights')\n\ndef predict():\n    pass\n")
    ended = await run("run", "--listen-port", "0", "--model-name", "cold")
    assert ended.code == 1
    assert "model 'cold' failed while it got ready: OSError: no weights" in ended.err
    assert "Traceback" not in ended.err


async def test_a_port_in_use_is_one_line_before_any_model_gets_ready(run, start, install):
    install("shout", MODEL)
    server = await start()
    port = server.url.rsplit(":", 1)[1]
    ended = await run("run", "--listen-port", port)
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in line
    assert ended.out == ""


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_a_host_that_is_not_this_one_is_one_line(run, install, host):
    install("shout", MODEL)
    ended = await run("run", "--listen-port", "0", "--listen-ip", host)
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert f"cannot listen on {host}:0: " in line


async def test_clients_are_refused_until_the_models_are_ready(start, install):
    code = """
        import os
        import socket

        def warm():
            try:
                socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))).close()
            except ConnectionRefusedError:
                print("refused")

        def predict():
            return 1
    """
    install("eager", code)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = await start("--listen-port", port, PORT=port)
    assert "refused" in server.banner
    status, _ = await get(f"http://127.0.0.1:{port}/v2/")
    assert status == 200


async def test_a_name_with_several_addresses_is_listened_on_at_all_of_them(start, install):
    install("shout", MODEL)
    found = {one[4][:2] for one in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = await start("--listen-ip", "localhost", "--listen-port", port)
    listening = psutil.Process(server.process.pid).net_connections()
    assert {one.laddr.ip for one in listening if one.status == "LISTEN"} == {
        host for host, _ in found
    }
    assert server.url.endswith(f":{port}")


async def test_a_running_call_ends_before_the_server_does(start, install):
    install("slow", SLOW)
    server = await start()
    async with aiohttp.ClientSession() as client:
        call = asyncio.create_task(client.post(f"{server.url}/v2/models/slow/predict/?seconds=1"))
        while b"predicting" not in await server.process.stdout.readline():
            pass
        server.process.send_signal(signal.SIGTERM)
        response = await call
        assert response.status == 200
    assert await asyncio.wait_for(server.process.wait(), 5) == 0


async def test_a_second_signal_ends_at_once_and_leaves_nothing(start, install, tmp_path):
    install("slow", SLOW)
    server = await start()
    family = psutil.Process(server.process.pid).children(recursive=True)
    assert family
    async with aiohttp.ClientSession() as client:
        call = asyncio.create_task(client.post(f"{server.url}/v2/models/slow/predict/?seconds=60"))
        while b"predicting" not in await server.process.stdout.readline():
            pass
        server.process.send_signal(signal.SIGTERM)
        while b"Stopping" not in await server.process.stdout.readline():
            pass
        server.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(server.process.wait(), 2)
        # A closed connection is as good an answer.
        with contextlib.suppress(aiohttp.ClientError):
            assert (await call).status == 503
    assert not any(process.is_running() for process in family)
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_a_call_that_outlasts_the_grace_is_ended_with_it(start, install):
    install("slow", SLOW)
    server = await start("--shutdown-grace", "2")
    async with aiohttp.ClientSession() as client:
        call = asyncio.create_task(client.post(f"{server.url}/v2/models/slow/predict/?seconds=60"))
        while b"predicting" not in await server.process.stdout.readline():
            pass
        begin = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.process.wait(), 10) == 0
        assert 2 <= time.monotonic() - begin < 3.5
        with contextlib.suppress(aiohttp.ClientError):
            assert (await call).status == 503


async def test_a_server_that_drains_is_not_ready_and_serves_until_it_listens_no_more(
    start, install
):
    install("shout", MODEL)
    server = await start("--drain-delay", "600")
    ready, model = f"{server.url}/v2/health/ready", f"{server.url}/v2/models/shout"
    predict = f"{model}/predict/"
    assert (await get(ready))[0] == 200
    assert (await get(f"{model}/ready"))[0] == 200
    server.process.send_signal(signal.SIGTERM)
    while b"Stopping in 600 s" not in await server.process.stdout.readline():
        pass
    async with aiohttp.ClientSession() as client:
        async with client.get(ready) as response:
            assert response.status == 503
            assert (await response.json())["models"] == {"shout": {"state": "ready"}}
            # Whoever holds connections is to look for another server, too.
            assert response.headers["Connection"] == "close"
        async with client.get(f"{model}/ready") as response:
            assert response.status == 503
            said = "model 'shout' is not ready: the server is about to stop"
            assert await response.json() == {"error": said}
        async with client.post(predict) as response:
            assert response.status == 200
    assert (await get(f"{server.url}/v2/health/live")) == (200, {"live": True, "ready": False})
    # Who does not want to wait says so once more.
    server.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(server.process.wait(), 60) == 0


async def test_a_drain_ends_by_itself(start, install):
    install("shout", MODEL)
    server = await start("--drain-delay", "0.5")
    server.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(server.process.wait(), 60) == 0


WAITING = """
    import os

    def warm():
        with open(os.environ["GO_ON"]) as go_on:
            if go_on.read() != "well":
                raise OSError("no weights")

    def predict():
        return 1
"""


@pytest.mark.parametrize("option", ["", "--reload"])
async def test_a_server_can_listen_before_its_models_are_ready(start, install, tmp_path, option):
    install("waiting", WAITING)
    go_on = tmp_path / "go_on"
    os.mkfifo(go_on)
    argv = ["--listen-early", *filter(None, [option])]
    server = await start(*argv, until="while models get ready", GO_ON=str(go_on))
    ready = f"{server.url}/v2/health/ready"
    assert await get(ready) == (
        503,
        {"live": True, "ready": False, "models": {"waiting": {"state": "starting"}}},
    )
    await asyncio.to_thread(go_on.write_text, "well")
    while b"CTRL+C" not in await server.process.stdout.readline():
        pass
    assert (await get(ready))[0] == 200


async def test_a_server_that_listens_early_ends_where_a_model_does_not_get_ready(
    start, install, tmp_path
):
    install("waiting", WAITING)
    go_on = tmp_path / "go_on"
    os.mkfifo(go_on)
    server = await start("--listen-early", until="while models get ready", GO_ON=str(go_on))
    await asyncio.to_thread(go_on.write_text, "badly")
    said = (await server.process.stdout.read()).decode()
    assert await server.process.wait() == 1
    assert "model 'waiting' failed while it got ready: OSError: no weights" in said
    assert "Traceback" not in said


async def test_a_server_that_listens_early_can_be_stopped_before_it_is_ready(
    start, install, tmp_path
):
    install("waiting", WAITING)
    go_on = tmp_path / "go_on"
    os.mkfifo(go_on)
    argv = "--listen-early", "--drain-delay", "600"
    server = await start(*argv, until="while models get ready", GO_ON=str(go_on))
    server.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(server.process.wait(), 60) == 0


STAYING = """
    import threading
    import time

    threading.Thread(target=time.sleep, args=(600,)).start()

    def get_metadata():
        print("hanging", flush=True)
        time.sleep(600)

    def warm():
        {warm}

    def predict():
        return 1
"""


async def test_threads_of_a_model_do_not_keep_the_server_from_ending(start, install):
    install("staying", STAYING.format(warm="pass"))
    server = await start("--shutdown-grace", "1")
    async with aiohttp.ClientSession() as client:
        call = asyncio.create_task(client.get(f"{server.url}/v2/models/staying/"))
        while b"hanging" not in await server.process.stdout.readline():
            pass
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.process.wait(), 5) == 0
        await asyncio.gather(call, return_exceptions=True)


async def test_threads_of_a_model_that_fails_do_not_keep_the_server_from_ending(run, install):
    install("staying", STAYING.format(warm="raise OSError('no weights')"))
    ended = await asyncio.wait_for(run("run", "--listen-port", "0"), 20)
    assert ended.code == 1
    assert "no weights" in ended.err


async def test_nothing_is_imported_before_signals_are_cared_for():
    code = """
import sys
before = set(sys.modules)
import deepaas.cmd._interrupts
print(*sorted(set(sys.modules) - before))
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    imported = set(out.decode().split())
    assert imported - {"types", "__future__"} == {
        "deepaas",
        "deepaas.cmd",
        "deepaas.cmd._interrupts",
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.05, 0.15, 0.3, 0.5, 0.8])
async def test_a_signal_at_any_moment_of_the_start_prints_no_traceback(
    environment, install, tmp_path, number, delay
):
    install("shout", MODEL)
    # The interpreter itself reports signals that come before it has read any of this.
    code = "import sys; print('here', flush=True); from deepaas.cmd.run import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, "--listen-port", "0"),
        env=environment,
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await process.stdout.readline()
    await asyncio.sleep(delay)
    process.send_signal(number)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert b"Traceback" not in err
    assert process.returncode in (0, 130, -signal.SIGINT, -signal.SIGTERM)


async def test_predict_only_refuses_trainings_and_hides_them(start, install):
    install("shout", MODEL)
    server = await start("--predict-only")
    status, answer = await get(f"{server.url}/v2/models/shout/train/")
    assert status == 402
    assert "train" in answer["error"]
    _, document = await get(f"{server.url}/swagger.json")
    assert not any("train" in path for path in document["paths"])
    assert "/v2/models/shout/predict/" in document["paths"]


@pytest.mark.parametrize("switch", ["--nopredict-endpoint", "--no-predict-endpoint"])
async def test_both_spellings_switch_an_endpoint_off(start, install, switch):
    install("shout", MODEL)
    server = await start(switch)
    url = f"{server.url}/v2/models/shout/predict/"
    async with aiohttp.ClientSession() as client, client.post(url) as response:
        assert response.status == 402


async def test_options_come_from_files_and_the_environment(start, install, tmp_path):
    install("shout", MODEL)
    install("other", MODEL)
    (tmp_path / "home" / ".deepaas").mkdir()
    (tmp_path / "home" / ".deepaas" / "deepaas.conf").write_text(
        "[DEFAULT]\nmodel_name = other\nbase_path = /from/file\nbase_paths = /\n"
    )
    server = await start(OS_DEFAULT__BASE_PATH="/from/environment")
    assert server.url.endswith("/from/environment")
    assert "serves other" in server.banner
    assert "shout" not in server.banner
    status, answer = await get(server.url)
    assert status == 200
    assert answer["links"][0]["href"] == "/from/environment/api"


async def test_an_http_error_reaches_the_caller_however_late_its_class_is_imported(start, install):
    code = """
        def predict():
            from aiohttp import web

            raise web.HTTPBadRequest(reason=ValueError("too late"))
    """
    install("late", code)
    server = await start()
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{server.url}/v2/models/late/predict/") as response,
    ):
        assert response.status == 400
        assert (await response.json())["error"] == "too late"
