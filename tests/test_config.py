"""Where options come from, what they may be, and what becomes of them."""

import dataclasses

import pytest
from oslo_config import cfg

from deepaas import config
from deepaas.authoring import Needs
from deepaas.exceptions import ConfigurationError
from deepaas.options.kinds import Rate
from deepaas.settings import Settings

SWITCHES = [option.name for option in config.opts if isinstance(option, cfg.BoolOpt)]


@pytest.fixture
def read(unset, tmp_path, monkeypatch):
    """Read options as a command does; nothing but the test itself sets any."""
    monkeypatch.chdir(tmp_path)

    def read_options(*argv):
        conf = cfg.ConfigOpts()
        config.register(conf)
        config.parse(conf, argv, "deepaas-run")
        return conf

    return read_options


@pytest.fixture
def write(tmp_path):
    """Write a configuration file; its path is relative to the working directory."""

    def write_file(path, *lines):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(["[DEFAULT]", *lines, ""]))
        return str(file)

    return write_file


@pytest.mark.parametrize(
    ("text", "number", "days"),
    [("", None, None), ("100", 100, None), ("3w", None, 21), ("2h", None, 1 / 12), ("7, 1d", 7, 1)],
)
def test_trainings_are_kept_by_number_and_age(read, text, number, days):
    settings = Settings.from_conf(read("--keep-trainings", text), ())
    assert settings.keep_trainings == number
    assert settings.keep_trainings_seconds == (None if days is None else days * 86400)


@pytest.mark.parametrize(
    ("option", "text", "right"),
    [
        *(
            ("--cors-origins", text, "https://app.example.org, without path")
            for text in (
                "app.example.org",
                "https://a/",
                "null",
                "https://a.b,ftp://c",
                "https://*",
            )
        ),
        *(
            ("--allowed-hosts", text, r"models.example.org or \*.example.org, without port")
            for text in ("https://a", "a:80", "a*.b", "a..b", "a,b c")
        ),
    ],
)
def test_what_is_no_origin_or_name_is_refused_with_what_is_right(read, option, text, right):
    with pytest.raises(ConfigurationError, match=f"^{option}: '.*' is not an? .*{right}"):
        read(f"{option}={text}")


def test_origins_and_names_are_lists_wherever_they_are_given(read, monkeypatch):
    monkeypatch.setenv("OS_DEFAULT__CORS_ORIGINS", "https://A.example:8443, http://[::1]:80, *")
    settings = Settings.from_conf(read("--allowed-hosts", "A.example,*.b.example"), ())
    assert settings.cors_origins == ("https://a.example:8443", "http://[::1]", "*")
    assert settings.allowed_hosts == ("a.example", "*.b.example")


@pytest.mark.parametrize("text", ["3y", "w", "1d,2w", "-1", "1.5d", "9" * 400 + "d"])
def test_other_bounds_are_refused_with_what_is_right(read, text):
    with pytest.raises(
        ConfigurationError, match=r"--keep-trainings .*a number .*30d \(w for weeks"
    ):
        read(f"--keep-trainings={text}")


@pytest.mark.parametrize(
    ("option", "text", "such"),
    [
        ("--rate-limit-requests", "1K/minute", "100/minute"),
        ("--rate-limit-requests", "100", "100/minute"),
        ("--rate-limit-trainings", "0/hour", "100/minute"),
        ("--rate-limit-uploads", "1G/year", "1G/hour"),
    ],
)
def test_what_is_no_rate_is_refused_with_what_is_one(read, option, text, such):
    with pytest.raises(ConfigurationError) as refused:
        read(option, text)
    assert str(refused.value) == (
        f"{option} '{text}' is no rate such as {such}: an amount, and second, minute, hour or day"
    )


# Where they come from


def test_the_command_line_comes_before_the_environment_and_that_before_files(
    read, write, monkeypatch
):
    assert read().workers == 1
    write("home/.deepaas/deepaas.conf", "workers = 2")
    assert read().workers == 2
    write("some.conf", "workers = 3")
    assert read("--config-file", "some.conf").workers == 3
    monkeypatch.setenv("OS_DEFAULT__WORKERS", "4")
    assert read("--config-file", "some.conf").workers == 4
    assert read("--config-file", "some.conf", "--workers", "5").workers == 5


def test_each_option_is_looked_for_by_itself(read, write, monkeypatch):
    write("some.conf", "workers = 3", "train_workers = 3", "listen_port = 3")
    monkeypatch.setenv("OS_DEFAULT__WORKERS", "4")
    monkeypatch.setenv("OS_DEFAULT__TRAIN_WORKERS", "4")
    conf = read("--config-file", "some.conf", "--workers", "5")
    assert (conf.workers, conf.train_workers, conf.listen_port) == (5, 4, 3)


def test_a_later_file_comes_before_an_earlier_one(read, write):
    write("one.conf", "workers = 2", "listen_port = 2")
    write("two.conf", "workers = 3")
    conf = read("--config-file", "one.conf", "--config-file", "two.conf")
    assert (conf.workers, conf.listen_port) == (3, 2)


def test_the_files_of_a_folder_are_read_in_order_of_their_names(read, write):
    write("conf.d/20.conf", "workers = 3")
    write("conf.d/10.conf", "workers = 2", "listen_port = 2")
    write("conf.d/30.txt", "workers = 9")
    conf = read("--config-dir", "conf.d")
    assert (conf.workers, conf.listen_port) == (3, 2)


def test_a_file_that_is_named_stands_for_the_one_at_home(read, write):
    write("home/.deepaas/deepaas.conf", "workers = 2")
    write("some.conf", "listen_port = 3")
    conf = read("--config-file", "some.conf")
    assert (conf.workers, conf.listen_port) == (1, 3)


def test_a_file_may_have_options_of_other_programs(read, write):
    write("some.conf", "listen_port = 3", "option_of_another_program = x", "[other]", "a = b")
    assert read("--config-file", "some.conf").listen_port == 3


@pytest.mark.parametrize("place", ["--config-file=some.conf", "--config-dir=."])
def test_it_does_not_matter_where_in_the_command_line_a_file_is_named(read, write, place):
    write("some.conf", "workers = 3", "warm = true", "model_name = file")
    for argv in (
        [place, "--workers", "5", "--nowarm", "--model-name", "option"],
        ["--workers", "5", "--nowarm", "--model-name", "option", place],
    ):
        conf = read(*argv)
        assert (conf.workers, conf.warm, conf.model_name) == (5, False, ["option"])


# Which models


def test_models_are_named_by_the_first_place_that_names_any(read, write, monkeypatch):
    def chosen(*argv):
        return config.chosen_models(read(*argv))

    assert chosen() == ()
    monkeypatch.setenv("DEEPAAS_V2_MODEL", "variable")
    assert chosen() == ("variable",)
    write("home/.deepaas/deepaas.conf", "model_name = home")
    assert chosen() == ("home",)
    write("some.conf", "model_name = file")
    assert chosen("--config-file", "some.conf") == ("file",)
    monkeypatch.setenv("OS_DEFAULT__MODEL_NAME", "environment")
    assert chosen("--config-file", "some.conf") == ("environment",)
    assert chosen("--config-file", "some.conf", "--model-name", "option") == ("option",)


def test_a_place_that_names_no_model_is_passed_over(read, monkeypatch):
    monkeypatch.setenv("OS_DEFAULT__MODEL_NAME", "")
    monkeypatch.setenv("DEEPAAS_V2_MODEL", "variable")
    assert config.chosen_models(read()) == ("variable",)
    monkeypatch.setenv("DEEPAAS_V2_MODEL", "")
    assert config.chosen_models(read()) == ()


def test_several_models_can_be_named_everywhere(read, write, monkeypatch):
    write("some.conf", "model_name = a", "model_name = b")
    monkeypatch.setenv("DEEPAAS_V2_MODEL", "c, d")
    assert config.chosen_models(read()) == ("c", "d")
    assert config.chosen_models(read("--config-file", "some.conf")) == ("a", "b")
    assert config.chosen_models(read("--model-name", "e", "--model-name=f")) == ("e", "f")
    monkeypatch.setenv("OS_DEFAULT__MODEL_NAME", "g,h")
    assert config.chosen_models(read()) == ("g", "h")


# Switches


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_has_an_on_form_and_two_off_forms(read, name):
    assert read(f"--{name}")[name.replace("-", "_")] is True
    assert read(f"--no{name}")[name.replace("-", "_")] is False
    assert read(f"--no-{name}")[name.replace("-", "_")] is False


@pytest.mark.parametrize(
    ("word", "value"),
    [("true", True), ("yes", True), ("1", True), ("false", False), ("no", False), ("0", False)],
)
def test_a_switch_takes_a_word_in_every_place(read, write, monkeypatch, word, value):
    write("some.conf", f"warm = {word}")
    assert read(f"--warm={word}").warm is value
    assert read("--config-file", "some.conf").warm is value
    monkeypatch.setenv("OS_DEFAULT__WARM", word)
    assert read().warm is value


def test_the_last_form_of_a_switch_counts(read):
    assert read("--warm", "--no-warm").warm is False
    assert read("--nowarm", "--warm").warm is True


# What they may be


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("workers", "0"),
        ("workers", "many"),
        ("train_workers", "-1"),
        ("listen_port", "65536"),
        ("listen_ip", "not an address"),
        ("client_max_size", "-1"),
        ("client_max_size", "1GB"),
        ("shutdown_grace", "-0.5"),
        ("log_level", "LOUD"),
        ("warm", "perhaps"),
        ("max_arguments", "0"),
        ("max_arguments_size", "much"),
        ("max_arguments_size", "0"),
    ],
)
@pytest.mark.parametrize("place", ["option", "environment", "file"])
def test_a_value_that_cannot_be_used_is_named_in_one_line(
    read, write, monkeypatch, capsys, option, value, place
):
    argv = []
    if place == "option":
        argv = [f"--{option.replace('_', '-')}={value}"]
    elif place == "environment":
        monkeypatch.setenv(f"OS_DEFAULT__{option.upper()}", value)
    else:
        argv = ["--config-file", write("some.conf", f"{option} = {value}")]
    with pytest.raises(ConfigurationError) as refused:
        read(*argv)
    said = str(refused.value)
    assert len(said.splitlines()) == 1
    assert option in said.lower().replace("-", "_")
    assert "LocationInfo" not in said
    assert (f"OS_DEFAULT__{option.upper()}" if place == "environment" else value) in said
    # Whoever catches the error says it.
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--nothing"], "--nothing"),
        (["--workers"], "--workers"),
        (["--config-file"], "--config-file"),
        (["--config-file", "absent.conf"], "absent.conf"),
        (["--config-dir", "absent.d"], "absent.d"),
    ],
)
def test_options_that_cannot_be_used_are_named_in_one_line(read, argv, named):
    with pytest.raises(ConfigurationError) as refused:
        read(*argv)
    assert len(str(refused.value).splitlines()) == 1
    assert named in str(refused.value)


def test_a_file_that_cannot_be_read_is_named_in_one_line(read, tmp_path):
    (tmp_path / "some.conf").write_text("[DEFAULT\nworkers = 1\n")
    with pytest.raises(ConfigurationError) as refused:
        read("--config-file", "some.conf")
    assert len(str(refused.value).splitlines()) == 1
    assert "some.conf" in str(refused.value)


@pytest.mark.parametrize("level", ["debug", "Info", "WARNING"])
def test_levels_of_the_log_may_be_written_in_any_case(read, level):
    assert read("--log-level", level).log_level.upper() == level.upper()


def test_help_names_every_option(read, capsys):
    with pytest.raises(SystemExit) as ended:
        read("--help")
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert [option.name for option in config.opts if f"--{option.name}" not in shown] == []


# What becomes of them


def settings(conf):
    return Settings.from_conf(conf, config.chosen_models(conf))


def test_without_options_a_server_has_the_settings_that_it_has_by_itself(read):
    assert settings(read()) == Settings()


@pytest.mark.parametrize(
    ("argv", "name", "value"),
    [
        (["--listen-ip", "0.0.0.0"], "listen_ip", "0.0.0.0"),
        (["--listen-ip", "::1"], "listen_ip", "::1"),
        (["--listen-port", "0"], "listen_port", 0),
        (["--base-path", "/p"], "base_path", "/p"),
        (["--base-path", "/p/q/"], "base_path", "/p/q"),
        (["--base-path", "/"], "base_path", ""),
        (["--model-name", "a", "--model-name", "b"], "model_names", ("a", "b")),
        (["--workers", "2"], "workers", 2),
        (["-p", "3"], "workers", 3),
        (["--train-workers", "2"], "train_workers", 2),
        (["--shared-workers"], "shared_workers", True),
        (["--lazy"], "lazy", True),
        (["--unload-after", "1.5"], "unload_after", 1.5),
        (["--memory-limit", "1000"], "memory_limit", 1000),
        (["--memory-limit", "2k"], "memory_limit", 2048),
        (["--memory-limit", "500M"], "memory_limit", 500 * 2**20),
        (["--memory-limit", "16G"], "memory_limit", 16 * 2**30),
        (["--nowarm"], "warm", False),
        (["--nopredict-endpoint"], "predict_endpoint", False),
        (["--notrain-endpoint"], "train_endpoint", False),
        (["--predict-only"], "train_endpoint", False),
        (["--predict-only", "--train-endpoint"], "train_endpoint", False),
        (["--nodoc-endpoint"], "doc_endpoint", False),
        (["--debug-endpoint"], "debug_endpoint", True),
        (["--client-max-size", "1048576"], "client_max_size", 1_048_576),
        (["--shutdown-grace", "0.5"], "shutdown_grace", 0.5),
        (["--stream-timeout", "0.5"], "stream_timeout", 0.5),
        (["--reload-timeout", "0.5"], "reload_timeout", 0.5),
        (["--access-log"], "access_log", True),
        (["--max-arguments", "7"], "max_arguments", 7),
        (["--max-arguments-size", "1M"], "max_arguments_size", 1_048_576),
        (["--audit-file", "/a"], "audit_file", "/a"),
        (["--rate-limit-requests", "9/s"], "rate_limit_requests", Rate(9, 1, "9/s")),
        (["--rate-limit-trainings", "2/day"], "rate_limit_trainings", Rate(2, 86400, "2/day")),
        (["--rate-limit-uploads", "1K/hour"], "rate_limit_uploads", Rate(1024, 3600, "1K/hour")),
        (["--temporary-directory", "/t"], "temporary_directory", "/t"),
    ],
)
def test_an_option_becomes_one_setting_and_no_other(read, argv, name, value):
    assert settings(read(*argv)) == dataclasses.replace(Settings(), **{name: value})


# Sections of models


@pytest.fixture
def section(read, write):
    """Read a configuration file with sections; returns the needs of models."""

    def read_sections(*lines):
        write("some.conf", "workers = 7", *lines)
        return settings(read("--config-file", "some.conf")).needs

    return read_sections


def test_a_section_says_what_one_model_needs(section):
    needs = section(
        "[model:shout]",
        "workers = 3",
        "device = 0;1",
        'environment = THREADS:2,PATHS:"/a,/b",URL:http://host:80',
        "lazy = true",
        "unload_after = 1.5",
        "[model:an-other.1]",
        "lazy = false",
        "[something:else]",
        "lazy = perhaps",
    )
    environment = {"THREADS": "2", "PATHS": "/a,/b", "URL": "http://host:80"}
    assert needs == {
        "shout": Needs("", 3, "0;1", environment, True, 1.5),
        "an-other.1": Needs(lazy=False),
    }


def test_a_section_may_be_spread_over_files(read, write):
    write("one.conf", "[model:shout]", "workers = 2", "device = 0")
    write("two.conf", "[model:shout]", "workers = 3")
    conf = read("--config-file", "one.conf", "--config-file", "two.conf")
    assert settings(conf).needs == {"shout": Needs(workers=3, device="0")}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("workers = 0", "workers: Should be greater than or equal to 1"),
        ("workers = 1001", "workers: Should be less than or equal to 1000"),
        ("lazy = perhaps", "lazy: Unexpected boolean value 'perhaps'"),
        ("unload_after = -1", "unload_after: Should be greater"),
        ("environment = A", "environment: Value should be NAME:VALUE pairs"),
        ("environment = A=B:1", "environment: an environment variable cannot be called 'A=B'"),
        ("worker = 1", "has no option 'worker', but device, environment, lazy"),
    ],
)
def test_what_cannot_be_used_in_a_section_is_named_in_one_line(section, line, said):
    with pytest.raises(ConfigurationError) as refused:
        section("[model:shout]", line)
    assert len(str(refused.value).splitlines()) == 1
    assert str(refused.value).startswith("[model:shout]")
    assert said in str(refused.value)


def test_what_is_no_option_is_found(read, write, monkeypatch):
    monkeypatch.setenv("OS_DEFAULT__WORKERS", "2")
    monkeypatch.setenv("OS_DEFAULT__ALLOWED_HOST", "models.example.org")
    write(
        "one.conf",
        "listen_ip = 127.0.0.1",
        "require_authenticaton = true",
        "[model:shout]",
        "lazy=1",
    )
    write("two.conf", "tls_certs = server.crt", "[others]", "own = 1")
    conf = read("--config-file", "one.conf", "--config-file", "two.conf")
    assert config.unread(conf) == [
        *("require_authenticaton", "tls_certs", "OS_DEFAULT__ALLOWED_HOST"),
    ]


def test_settings_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().workers = 2


def test_trusted_proxies_are_addresses_and_networks(read, monkeypatch):
    monkeypatch.setenv("OS_DEFAULT__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,2001:db8::/32")
    networks = Settings.from_conf(read(), ()).trusted_proxies
    assert [str(one) for one in networks] == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
    assert Settings.from_conf(read("--trusted-proxies", ""), ()).trusted_proxies == ()


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.0/33", "10.0.0.1/8", "127.0.0.1,*"])
def test_other_trusted_proxies_are_refused_with_what_is_right(read, text):
    said = r"^--trusted-proxies '.*' is neither an address nor a network such as 10\.0\.0\.0/8: "
    with pytest.raises(ConfigurationError, match=said):
        read("--trusted-proxies", text)
