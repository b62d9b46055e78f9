"""The names that existing modules, clients and scripts import, and what is behind them."""

import importlib
import inspect
import logging
import os
import signal
from contextlib import AsyncExitStack
from importlib.metadata import version

import aiohttp
import marshmallow
import pytest
from aiohttp import web
from oslo_config import cfg

import deepaas
import deepaas.model
from deepaas import api, config, exceptions, log, opts
from deepaas.api import v2, versions
from deepaas.api.keys import SETTINGS
from deepaas.api.v2 import responses
from deepaas.cmd import _shutdown, cli, run
from deepaas.model import loading
from deepaas.model import v2 as model_v2
from deepaas.model.v2 import wrapper
from deepaas.settings import Settings

FILE = ["name", "filename", "content_type", "original_filename"]
APP = [
    *("swagger", "enable_doc", "doc", "prefix"),
    *("static_path", "base_path", "enable_train", "enable_predict"),
]
SHOUT = """
    from webargs import fields

    def get_predict_args():
        return {"text": fields.Str(missing="hello"), "times": fields.Int(required=True)}

    def predict(text, times):
        return text.upper() * times

    def train():
        return 1
"""


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        ("deepaas", "extract_version", []),
        ("deepaas.model.v2.wrapper", "UploadedFile", FILE),
        ("deepaas.model.v2.wrapper", "ReturnedFile", FILE),
        ("deepaas.model.v2.wrapper", "ModelWrapper", ["name", "model_obj", "app"]),
        ("deepaas.model.v2.base", "BaseModel", []),
        ("deepaas.model.v2.test", "TestModel", []),
        ("deepaas.model.v2", "register_models", ["app"]),
        ("deepaas.model", "register_v2_models", ["app"]),
        ("deepaas.model.loading", "get_model_by_name", ["name", "version"]),
        ("deepaas.model.loading", "get_available_model_names", ["version"]),
        ("deepaas.model.loading", "get_available_models", ["version"]),
        ("deepaas.api", "get_app", APP),
        ("deepaas.api.v2", "get_app", ["enable_train", "enable_predict"]),
        ("deepaas.api.v2", "get_version", ["request"]),
        ("deepaas.api.versions", "register_version", ["version", "func"]),
        ("deepaas.config", "setup", ["argv", "default_config_files"]),
        ("deepaas.config", "parse_args", ["argv", "default_config_files"]),
        ("deepaas.config", "config_and_logging", ["argv", "default_config_files"]),
        ("deepaas.opts", "list_opts", []),
        ("deepaas.log", "getLogger", ["name"]),
    ],
)
def test_a_function_or_class_takes_what_it_always_took(module, name, parameters):
    found = getattr(importlib.import_module(module), name)
    assert list(inspect.signature(found).parameters) == parameters


@pytest.mark.parametrize(
    "function", [run.main, cli.main, _shutdown.handle_signals, config.prepare_logging]
)
def test_a_function_can_be_called_without_arguments(function):
    assert inspect.signature(function).bind().args == ()


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("deepaas.model", "V2_MODELS", dict),
        ("deepaas.model.v2", "MODELS", dict),
        ("deepaas.model.v2", "MODELS_LOADED", bool),
        ("deepaas.api.versions", "Versions", dict),
        ("deepaas.api.versions", "routes", web.RouteTableDef),
        ("deepaas.config", "CONF", cfg.ConfigOpts),
        ("deepaas.config", "opts", list),
    ],
)
def test_a_value_is_of_the_kind_that_it_always_was(module, name, kind):
    assert isinstance(getattr(importlib.import_module(module), name), kind)


def test_the_version_is_that_of_the_installed_package():
    assert deepaas.extract_version() == deepaas.__version__ == version("deepaas")
    assert deepaas.extract_version().startswith("2.")


# Configuration and models of a process


@pytest.fixture
def root_logger():
    """The root logger; it is afterwards as it was before."""
    root = logging.getLogger()
    level = root.level
    yield root
    for handler in list(root.handlers):
        # Those of pytest are children of these.
        if type(handler) in (logging.StreamHandler, logging.FileHandler):
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def conf(unset, root_logger):
    """The configuration of the process, unread before and after."""
    config.CONF.reset()
    yield config.CONF
    config.CONF.reset()


@pytest.fixture
def models(conf, only_site, monkeypatch):
    """The models of the process, none of them loaded before and after."""
    monkeypatch.setattr(model_v2, "MODELS_LOADED", False)
    yield model_v2.MODELS
    model_v2.MODELS.clear()


@pytest.mark.parametrize("register", [model_v2.register_models, deepaas.model.register_v2_models])
def test_registered_models_are_wrapped_and_seen_under_both_names(models, install, register):
    install("shout", SHOUT)
    app = web.Application()
    assert register(app) is models is deepaas.model.V2_MODELS
    assert model_v2.MODELS_LOADED
    assert list(models) == ["shout"]
    assert isinstance(models["shout"], wrapper.ModelWrapper)
    assert models["shout"].app is app
    assert models["shout"].predict(text="b", times=1) == "B"


def test_only_the_models_that_were_chosen_are_registered(models, install, monkeypatch):
    install("shout", SHOUT)
    install("other", SHOUT)
    monkeypatch.setenv("DEEPAAS_V2_MODEL", "other")
    model_v2.register_models(None)
    assert list(models) == ["other"]


def test_registering_no_model_at_all_is_an_error(models):
    with pytest.raises(exceptions.NoModelsAvailable, match="deepaas-test"):
        model_v2.register_models(None)
    assert not model_v2.MODELS_LOADED


def test_installed_models_are_found_by_name(install, only_site, caplog):
    install("shout", SHOUT)
    install("broken", "import a_module_that_does_not_exist\n")
    assert sorted(loading.get_available_model_names("v2")) == ["broken", "shout"]
    found = loading.get_available_models("v2")
    assert list(found) == ["shout"]
    assert found["shout"] is loading.get_model_by_name("shout", "v2")
    assert found["shout"].predict("a", 1) == "A"
    assert "model 'broken' cannot be imported" in caplog.text


def test_no_model_is_installed_for_another_version_of_the_api(install, only_site):
    install("shout", SHOUT)
    assert list(loading.get_available_model_names("v9")) == []
    assert loading.get_available_models("v9") == {}


def test_a_model_that_is_not_installed_is_an_error_that_names_those_that_are(install, only_site):
    install("shout", SHOUT)
    with pytest.raises(exceptions.ModuleNotFoundError, match=r"'absent' .*\(installed: shout\)"):
        loading.get_model_by_name("absent", "v2")


def test_errors_of_choosing_a_model_are_errors_of_deepaas():
    for name in ("ModuleNotFoundError", "NoModelsAvailable", "MultipleModelsFound"):
        assert issubclass(getattr(exceptions, name), exceptions.DeepaasError)


def test_options_are_listed_for_the_generator_of_sample_files():
    (group, listed), *_ = opts.list_opts()
    assert group == "DEFAULT"
    assert listed == config.opts
    assert {"model-name", "listen-ip", "workers", "debug"} <= {one.name for one in listed}
    assert all(isinstance(one, cfg.Opt) and one.help for one in listed)


@pytest.mark.parametrize("fill", [config.setup, config.parse_args, config.config_and_logging])
def test_the_configuration_is_filled_from_a_whole_command_line(conf, fill):
    fill(["program", "--workers", "3", "--nowarm", "--model-name", "a"])
    assert (conf.workers, conf.warm, conf.model_name) == (3, False, ["a"])
    assert conf.listen_port == 5000


@pytest.mark.parametrize("fill", [config.setup, config.parse_args, config.config_and_logging])
def test_files_to_read_can_be_given(conf, fill, tmp_path):
    file = tmp_path / "some.conf"
    file.write_text("[DEFAULT]\nworkers = 4\n")
    fill(["program"], default_config_files=[str(file)])
    assert conf.workers == 4


def test_the_configuration_can_be_filled_again(conf):
    config.parse_args(["program", "--workers", "3"])
    config.setup(["program", "--warm"])
    assert conf.workers == 1


@pytest.mark.parametrize("fill", [config.setup, config.config_and_logging])
def test_logging_goes_to_the_file_that_the_configuration_names(conf, fill, tmp_path):
    file = tmp_path / "folder" / "log"
    fill(["program", "--log-file", str(file), "--log-level", "warning"])
    log.getLogger("a.module").info("too much")
    log.getLogger("a.module").warning("just right")
    (line,) = file.read_text().splitlines()
    assert line.endswith("WARNING a.module: just right")


def test_parsing_arguments_leaves_logging_alone(conf, root_logger):
    before = list(root_logger.handlers)
    config.parse_args(["program", "--debug"])
    assert root_logger.handlers == before
    config.prepare_logging()
    assert root_logger.level == logging.DEBUG
    assert len(root_logger.handlers) == 1


def test_a_logger_is_that_of_the_standard_library():
    assert log.getLogger("some.name") is logging.getLogger("some.name")
    assert log.getLogger() is logging.getLogger()


# Applications


@pytest.fixture
async def client_of():
    """Serve an application on a free port; the session's URLs are relative to it."""
    async with AsyncExitStack() as stack:

        async def start(app):
            runner = web.AppRunner(app, shutdown_timeout=1)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            return await stack.enter_async_context(aiohttp.ClientSession(f"http://{host}:{port}"))

        yield start


async def get(client, url):
    async with client.get(url) as response:
        return response.status, await response.json()


async def post(client, url):
    async with client.post(url) as response:
        return response.status, await response.json()


def answer(predictions):
    return {"status": "OK", "predictions": predictions}


async def test_an_application_serves_the_installed_models(models, install, client_of):
    install("shout", SHOUT)
    client = await client_of(await api.get_app())
    _, listed = await get(client, "/v2/models/")
    assert [model["id"] for model in listed["models"]] == ["shout"]
    assert await post(client, "/v2/models/shout/predict/?times=2") == (200, answer("HELLOHELLO"))
    status, training = await post(client, "/v2/models/shout/train/")
    assert (status, training["status"]) == (200, "running")
    async with client.get("/api") as response:
        assert response.content_type == "text/html"
    _, document = await get(client, "/swagger.json")
    assert document["swagger"] == "2.0"


async def test_an_application_keeps_off_what_its_flags_switch_off(models, install, client_of):
    install("shout", SHOUT)
    app = await api.get_app(enable_doc=False, enable_train=False, enable_predict=False)
    client = await client_of(app)
    assert (await get(client, "/api"))[0] == 404
    assert (await post(client, "/v2/models/shout/train/"))[0] == 402
    assert (await post(client, "/v2/models/shout/predict/?times=2"))[0] == 402
    _, document = await get(client, "/swagger.json")
    assert not [path for path in document["paths"] if "train" in path or "predict" in path]


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ({"base_path": "/p"}, "/p"),
        ({"base_path": "/p/"}, "/p"),
        ({"prefix": "/q"}, "/q"),
        ({"base_path": "/p", "prefix": "/q"}, "/p/q"),
    ],
)
async def test_an_application_lies_under_its_base_path(models, install, client_of, given, root):
    install("shout", SHOUT)
    client = await client_of(await api.get_app(**given))
    _, answer = await get(client, f"{root}/v2/")
    assert answer["links"][0]["href"] == f"{root}/v2/"
    assert (await get(client, "/v2/"))[0] == 404


async def test_an_application_follows_the_configuration_of_the_process(
    models, install, client_of, conf
):
    install("shout", SHOUT)
    install("other", SHOUT)
    config.parse_args(["program", "--model-name", "other", "--client-max-size", "10"])
    client = await client_of(await api.get_app())
    _, listed = await get(client, "/v2/models/")
    assert [model["id"] for model in listed["models"]] == ["other"]
    async with client.post("/v2/models/other/predict/", data={"text": "a" * 20}) as response:
        assert response.status == 413


async def test_version_2_of_the_api_can_lie_in_an_application_of_ones_own(
    models, install, client_of
):
    install("shout", SHOUT)
    app = web.Application()
    app.add_subapp("/v2", v2.get_app(enable_train=False, enable_predict=True))
    client = await client_of(app)
    assert await post(client, "/v2/models/shout/predict/?times=1") == (200, answer("HELLO"))
    assert (await post(client, "/v2/models/shout/train/"))[0] == 402
    assert (await get(client, "/v2/"))[1]["id"] == "v2"


async def test_a_version_of_ones_own_is_listed_at_the_root(models, install, client_of, monkeypatch):
    async def describe(request):
        return web.json_response({"id": "v9", "version": "draft", "links": []})

    install("shout", SHOUT)
    monkeypatch.setattr(versions, "Versions", {})
    versions.register_version("draft", describe)
    versions.register_version("stable", v2.get_version)
    client = await client_of(await api.get_app())
    _, answer = await get(client, "/")
    ours = {
        "version": "stable",
        "id": "v2",
        "links": [{"rel": "self", "type": "application/json", "href": "/v2/"}],
    }
    assert answer["versions"] == [ours, {"id": "v9", "version": "draft", "links": []}]


async def test_the_routes_of_versions_can_be_added_to_an_application(client_of):
    plain = web.Application()
    plain.add_routes(versions.routes)
    status, answer = await get(await client_of(plain), "/")
    assert (status, answer["links"][0]["href"]) == (200, "/api")

    app = web.Application()
    app[SETTINGS] = Settings(doc_endpoint=False)
    app.add_routes(versions.routes)
    status, answer = await get(await client_of(app), "/")
    assert status == 200
    assert [version["id"] for version in answer["versions"]] == ["v2"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (responses.Location, {"rel": "self", "href": "/v2/", "type": "application/json"}),
        (
            responses.Version,
            {"version": "stable", "id": "v2", "links": [{"rel": "self", "href": "/v2/"}]},
        ),
        (responses.Versions, {"versions": [{"version": "stable", "id": "v2"}], "links": []}),
        (responses.Failure, {"error": "a text", "message": "a text"}),
        (responses.Prediction, {"status": "OK", "predictions": [1, {"a": None}]}),
        (responses.ModelMeta, {"id": "m", "name": "m", "links": []}),
        (
            responses.Training,
            {
                "date": "2024-02-29 12:00:00.000000",
                "args": {"epochs": 1},
                "uuid": 32 * "a",
                "status": "done",
                "result": {"output": 1, "finish_date": "2024-02-29", "duration": "0:00:01"},
            },
        ),
        (
            responses.TrainingList,
            {"trainings": [{"date": "2024", "uuid": 32 * "b", "status": "running"}]},
        ),
    ],
)
def test_a_schema_of_answers_takes_what_the_api_answers_and_not_nothing(schema, value):
    assert issubclass(schema, marshmallow.Schema)
    assert schema().load(value) == value
    assert schema().dump(value) == value
    assert schema().validate({"status": []}) != {}


def test_a_model_may_say_more_of_itself_than_its_schema_has():
    said = {"id": "m", "name": "m", "more": ["of", "this"]}
    assert responses.ModelMeta().load(said) == said


def test_every_state_of_a_training_is_in_its_schema():
    for status in ("queued", "running", "done", "error", "cancelled", "interrupted"):
        assert responses.Training().validate({"date": "", "uuid": "", "status": status}) == {}
    assert responses.Training().validate({"date": "", "uuid": "", "status": "gone"}) != {}


# Commands


@pytest.mark.parametrize("command", [run, cli])
def test_a_command_shows_its_version(conf, capsys, command):
    with pytest.raises(SystemExit) as ended:
        command.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip().endswith(deepaas.extract_version())


@pytest.mark.parametrize("command", [run, cli])
def test_a_command_takes_the_arguments_of_the_process(conf, capsys, command, monkeypatch):
    monkeypatch.setattr("sys.argv", ["program", "--help"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0
    assert command.PROG in capsys.readouterr().out


@pytest.fixture
def signals():
    """Handlers of signals are afterwards as they were before."""
    before = {number: signal.getsignal(number) for number in _shutdown.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_handled_signal_interrupts(signals, number):
    _shutdown.handle_signals()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
