"""Traces, received as a collector does: by OTLP over HTTP."""

import asyncio
import gzip

import pytest
from aiohttp import web

from tests.api.asking import ask, get, predict

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

ALONE = "saying:alone"
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
TRACED = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
ERROR = 2


class Receiver:
    """Keeps the spans that it is sent."""

    def __init__(self):
        self.spans = []
        self.services = set()
        self._more = asyncio.Event()

    async def receive(self, request):
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        message = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
        for resource in message.resource_spans:
            attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
            self.services.add(attributes["service.name"])
            for scope in resource.scope_spans:
                self.spans += scope.spans
        self._more.set()
        return web.Response(content_type="application/x-protobuf")

    async def named(self, name, count=1):
        """Return the spans of a name, as soon as there are so many."""
        async with asyncio.timeout(60):
            while len(found := [one for one in self.spans if one.name == name]) < count:
                self._more.clear()
                await self._more.wait()
        return found


@pytest.fixture
async def receiver(monkeypatch):
    """What receives the spans of servers and workers that start from now on."""
    made = Receiver()
    app = web.Application()
    app.router.add_post("/v1/traces", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{runner.addresses[0][1]}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    yield made
    await runner.cleanup()


def attributes(span):
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


async def test_a_trace_goes_on_in_the_server_and_in_the_worker(serve, receiver):
    client = await serve(ALONE, tracing=True)
    named = {"X-Request-ID": "traced", **TRACED}
    secret = {"key": "hunter2"}
    assert (await predict(client, ALONE, headers=named, params=secret)).status == 200
    (request,) = await receiver.named("POST /v2/models/{model}/predict/")
    (job,) = await receiver.named(f"predict {ALONE}")
    assert {request.trace_id.hex(), job.trace_id.hex()} == {TRACE}
    assert request.parent_span_id.hex() == SPAN
    assert job.parent_span_id == request.span_id
    assert attributes(request)["http.target"] == f"/v2/models/{ALONE}/predict/"
    assert "hunter2" not in str(receiver.spans)
    assert attributes(job) == {
        "deepaas.model": ALONE,
        "deepaas.request_id": "traced",
        "deepaas.calls": 1,
    }
    assert receiver.services == {"deepaas"}


@pytest.mark.parametrize(
    ("model", "params"),
    [
        (ALONE, {"how": "stream"}),
        ("saying:at_once", {}),
        ("saying:batched", {}),
    ],
)
async def test_every_way_to_predict_is_traced(serve, receiver, model, params):
    client = await serve(model, tracing=True)
    assert (await predict(client, model, params=params, headers=TRACED)).status == 200
    (job,) = await receiver.named(f"predict {model}")
    assert job.trace_id.hex() == TRACE
    assert job.end_time_unix_nano > job.start_time_unix_nano


async def test_a_batch_is_a_span_in_the_trace_of_each_of_its_calls(serve, receiver, pipes):
    model, (reached, go_on) = "saying:batched", pipes
    client = await serve(model, tracing=True)
    hold = {"hold": f"{reached.path}|{go_on.path}"}
    first = asyncio.create_task(predict(client, model, params=hold))
    await reached.line()
    others = [asyncio.create_task(predict(client, model)) for _ in range(2)]
    await waiting(client, model, 2)
    go_on.let()
    assert [(await call).status for call in (first, *others)] == [200, 200, 200]
    jobs = await receiver.named(f"predict {model}", 3)
    requests = await receiver.named("POST /v2/models/{model}/predict/", 3)
    assert {one.parent_span_id for one in jobs} == {one.span_id for one in requests}
    assert sorted(attributes(one)["deepaas.calls"] for one in jobs) == [1, 2, 2]


async def waiting(client, model, count):
    """Wait until so many predictions wait."""
    line = f'deepaas_predictions_waiting{{model="{model}"}} {count}.0'
    async with asyncio.timeout(60):
        while line not in (await get(client, "/metrics")).text:
            await asyncio.sleep(0.02)


async def test_a_training_is_in_the_trace_of_the_request_that_started_it(serve, receiver):
    client = await serve(ALONE, tracing=True)
    path = f"/v2/models/{ALONE}/train/"
    answer = await ask(client, "POST", path, headers=TRACED)
    assert (await get(client, f"{path}{answer.json['uuid']}/events")).status == 200
    # It has been sent before the training was done.
    (training,) = [one for one in receiver.spans if one.name == f"train {ALONE}"]
    (request,) = await receiver.named("POST /v2/models/{model}/train/")
    assert training.trace_id.hex() == TRACE
    assert training.parent_span_id == request.span_id


async def test_failures_are_marked_in_traces(serve, receiver):
    client = await serve(ALONE, tracing=True)
    assert (await predict(client, ALONE, params={"how": "fail"})).status == 500
    (job,) = await receiver.named(f"predict {ALONE}")
    (request,) = await receiver.named("POST /v2/models/{model}/predict/")
    assert job.status.code == request.status.code == ERROR
    (event,) = job.events
    assert event.name == "exception"
    # What is refused is no failure of the server.
    assert (await predict(client, "nothing")).status == 404
    (_, refused) = await receiver.named("POST /v2/models/{model}/predict/", 2)
    assert refused.status.code != ERROR


async def test_what_is_left_is_sent_when_the_server_ends(receiver, monkeypatch):
    from deepaas.tracing import ServerTracing

    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
    tracing = ServerTracing()
    with tracing.span("ModelInfer", TRACED["traceparent"]):
        (here,) = tracing.here()
    assert receiver.spans == []
    await tracing.close()
    (span,) = receiver.spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == (
        "ModelInfer",
        TRACE,
        SPAN,
    )
    assert here == f"00-{TRACE}-{span.span_id.hex()}-01"


async def test_a_receiver_that_is_not_there_holds_nobody_up(serve, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    client = await serve(ALONE, tracing=True)
    assert (await predict(client, ALONE)).status == 200
    path = f"/v2/models/{ALONE}/train/"
    answer = await ask(client, "POST", path)
    assert (await get(client, f"{path}{answer.json['uuid']}/events")).status == 200
    assert (await get(client, f"{path}{answer.json['uuid']}")).json["status"] == "done"


async def test_two_servers_of_a_process_do_not_trace_each_other(serve, receiver):
    traced, other = await serve("echo", tracing=True), await serve("echo")
    await predict(other, "echo")
    await get(traced, "/v2/")
    await receiver.named("GET /v2/")
    assert {one.name for one in receiver.spans} == {"GET /v2/"}
