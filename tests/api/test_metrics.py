"""``/metrics``: what Prometheus is told."""

import asyncio
import re
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from deepaas.api.exposition import exposition
from deepaas.api.requests import Kind, Requests
from deepaas.calls import NOBODY, current, enter
from deepaas.serving.measures import Histogram
from tests.api.asking import ask, get, predict
from tests.tls.issuing import issue

PAGE = Path(__file__).parents[2] / "doc" / "source" / "observing.rst"
ROUTE = "/v2/models/{model}/predict"


def samples(text):
    """Return values by name and labels, such as ``deepaas_workers{model=echo}``."""
    return {
        f"{one.name}{{{','.join(f'{key}={one.labels[key]}' for key in sorted(one.labels))}}}"
        if one.labels
        else one.name: one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def scrape(client, path="/metrics"):
    answer = await get(client, path)
    assert answer.status == 200
    return samples(answer.text)


def requests(status, method="POST", model="echo", route=ROUTE, name="deepaas_requests_total"):
    return f"{name}{{method={method},model={model},route={route},status={status}}}"


async def test_requests_are_counted_and_timed_by_route_model_and_status(serve):
    client = await serve("echo")
    for number in (1, 2, 99):
        await predict(client, "echo", params={"number": number})
    await ask(client, "GET", "/v2/models/echo")
    found = await scrape(client)
    assert found[requests(200)] == 2
    assert found[requests(422)] == 1
    assert found[requests(200, "GET", route="/v2/models/{model}")] == 1
    assert found[requests(200, name="deepaas_request_seconds_count")] == 2
    assert found[requests(200, name="deepaas_request_seconds_sum")] > 0


async def test_what_clients_invent_makes_no_series_of_its_own(serve):
    client = await serve("echo")
    before = await scrape(client)
    for number in range(20):
        assert (await predict(client, f"invented{number}")).status == 404
        assert (await get(client, f"/invented{number}")).status == 404
        assert (await get(client, f"/v2/models/echo/train/invented{number}/")).status == 404
        assert (await ask(client, "PROPFIND", "/v2/")).status == 405
    found = await scrape(client)
    assert not any("invented" in name.lower() for name in found)
    counted = {name for name in set(found) - set(before) if "requests_total" in name}
    assert counted == {
        requests(200, "GET", model="", route="/metrics"),
        requests(404, model=""),
        requests(404, "GET", model="", route="unmatched"),
        requests(404, "GET", route="/v2/models/{model}/train/{uuid}"),
        requests(405, "other", model="", route="unmatched"),
    }


async def test_predictions_that_run_and_wait_are_told_apart(serve, pipes, eventually):
    model, (reached, go_on) = "saying:alone", pipes
    client = await serve(model)
    params = {"reached": reached.path, "go_on": go_on.path}
    calls = [asyncio.create_task(predict(client, model, params=params)) for _ in range(3)]
    await reached.line()
    waiting = f"deepaas_predictions_waiting{{model={model}}}"
    found = await eventually(lambda: scrape(client), lambda found: found[waiting] == 2)
    assert found[f"deepaas_predictions_running{{model={model}}}"] == 1
    for _ in calls:
        go_on.let()
        if _ is not calls[-1]:
            await reached.line()
    for call in calls:
        assert (await call).status == 200
    found = await scrape(client)
    assert found[waiting] == found[f"deepaas_predictions_running{{model={model}}}"] == 0


async def test_sizes_of_batches_are_counted(serve):
    model = "saying:batched"
    client = await serve(model, "echo")
    await asyncio.gather(*(predict(client, model) for _ in range(16)))
    await predict(client, "echo")
    found = await scrape(client)
    assert found[f"deepaas_batch_size_sum{{model={model}}}"] == 16
    largest = f"deepaas_batch_size_bucket{{le=8.0,model={model}}}"
    batches = found[f"deepaas_batch_size_count{{model={model}}}"]
    assert 2 <= batches == found[largest]
    assert "deepaas_batch_size_count{model=echo}" not in found


async def test_workers_and_their_restarts_are_counted(serve, eventually):
    model = "saying:alone"
    client = await serve(model, workers=2)
    restarts = f"deepaas_worker_restarts_total{{model={model}}}"
    found = await scrape(client)
    assert (found[restarts], found[f"deepaas_workers{{model={model}}}"]) == (0, 2)
    assert (await predict(client, model, params={"how": "die"})).status == 500
    found = await eventually(
        lambda: scrape(client), lambda found: found[f"deepaas_workers{{model={model}}}"] == 2
    )
    assert found[restarts] == 1


async def test_the_state_of_a_model_is_told(serve):
    client = await serve("echo", lazy=True)

    async def states():
        found = await scrape(client)
        names = ("unloaded", "starting", "ready", "failed")
        return [found[f"deepaas_model_state{{model=echo,state={name}}}"] for name in names]

    assert await states() == [1, 0, 0, 0]
    await predict(client, "echo")
    assert await states() == [0, 0, 1, 0]


async def test_trainings_are_counted_by_their_state(serve):
    client = await serve("saying:alone", "saying:batched")
    path = "/v2/models/saying:alone/train/"
    for _ in range(2):
        training = (await ask(client, "POST", path)).json["uuid"]
        assert (await get(client, f"{path}{training}/events")).status == 200
    found = await scrape(client)
    counted = {name: value for name, value in found.items() if "deepaas_trainings" in name}
    # A model that cannot train has none.
    assert counted == {
        f"deepaas_trainings{{model=saying:alone,state={state}}}": 2 * (state == "done")
        for state in ("queued", "running", "done", "error", "cancelled", "interrupted")
    }


async def test_two_applications_of_a_process_do_not_see_each_other(serve):
    first, second = await serve("echo"), await serve("echo")
    await predict(first, "echo")
    assert requests(200) in await scrape(first)
    assert requests(200) not in await scrape(second)


async def test_metrics_lie_under_the_base_path_and_name_routes_without_it(serve):
    client = await serve("echo", base_path="/some/where")
    assert (await get(client, "/metrics")).status == 404
    await get(client, "/some/where/v2/")
    found = await scrape(client, "/some/where/metrics")
    assert found[requests(200, "GET", model="", route="/v2")] == 1


async def test_metrics_can_be_switched_off(serve):
    client = await serve("echo", metrics_endpoint=False)
    assert (await get(client, "/metrics")).status == 404


async def test_openmetrics_is_spoken_where_it_is_asked_for(serve):
    client = await serve("echo")
    accept = "application/openmetrics-text; version=1.0.0"
    answer = await get(client, "/metrics", headers={"Accept": accept})
    assert answer.content_type == "application/openmetrics-text"
    names = {one.name for one in openmetrics.text_string_to_metric_families(answer.text)}
    assert {"deepaas_requests", "deepaas_build"} & names


@pytest.mark.parametrize("version", ["nonsense", "1.2.3.4.5", "", "99999999999999999999"])
async def test_a_version_that_is_none_is_no_error(serve, version):
    client = await serve("echo")
    for kind in ("text/plain", "application/openmetrics-text"):
        answer = await get(client, "/metrics", headers={"Accept": f"{kind}; version={version}"})
        assert answer.status == 200


async def test_a_hang_up_is_counted_as_one(serve, pipes, eventually):
    model, (reached, go_on) = "saying:alone", pipes
    client = await serve(model)
    params = {"reached": reached.path, "go_on": go_on.path}
    call = asyncio.create_task(predict(client, model, params=params))
    await reached.line()
    call.cancel()
    found = await eventually(
        lambda: scrape(client), lambda found: requests(499, model=model) in found
    )
    assert found[requests(499, model=model)] == 1


async def test_the_page_has_a_row_for_each_metric_and_no_other(serve, tmp_path):
    client = await serve("saying:alone", "saying:batched", **issue(tmp_path).options)
    await predict(client, "saying:batched")
    answer = await get(client, "/metrics")
    exposed = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(answer.text)
    }
    listed = set(re.findall(r"^   \* - ``(\w+)``", PAGE.read_text(), re.MULTILINE))
    assert listed == exposed


# Other doors than HTTP


def test_a_request_at_another_door_is_identified_counted_and_timed():
    seen = Requests({"echo"})
    with seen.observed("gRPC", "/Service/Infer", "given") as observed:
        assert current().request_id == observed.request_id == "given"
        enter(current()._replace(model="echo"))
        observed.status = "OK"
    assert current() is NOBODY

    def fail():
        enter(current()._replace(model="invented"))
        raise KeyError

    with pytest.raises(KeyError), seen.observed("gRPC", "/Service/Infer"):
        fail()
    counted = {kind: durations.count for kind, durations in seen}
    assert counted == {
        Kind("gRPC", "/Service/Infer", "echo", "OK"): 1,
        Kind("gRPC", "/Service/Infer", "", "unknown"): 1,
    }
    text, content_type = exposition("", seen, [])
    assert content_type.startswith("text/plain")
    assert samples(text.decode())[requests("OK", "gRPC", route="/Service/Infer")] == 1


def test_a_histogram_counts_values_up_to_its_bounds():
    found = Histogram.of([(1, 2), (2, 1), (3, 1), (9, 1)], (1, 2, 4))
    assert found.cumulative() == [("1", 2), ("2", 3), ("4", 4), ("+Inf", 5)]
    assert (found.count, found.total) == (5, 16)
