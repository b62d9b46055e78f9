"""A server that speaks TLS, and whose certificate is renewed."""

import asyncio
import ssl
import time

import aiohttp
import grpc
import pytest
import trustme

from deepaas.api import connections
from deepaas.api.exposition import exposition
from deepaas.api.keys import CERTIFICATE, REGISTRY, REQUESTS, RPC_ADDRESS
from deepaas.api.kserve.rpc import inference_pb2 as messages
from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub
from deepaas.client import AsyncClient, ServerUnreachable
from deepaas.client.trust import trust
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.tls import certificate as renewing
from tests.conftest import address_of
from tests.tls.issuing import PAST, issue

MODEL = LoadedModel.of(Source("echo", "tests.models.echo"))
LIVE = messages.ServerLiveRequest()


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def known(tmp_path, authority):
    """The file by which clients know who has issued certificates."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@pytest.fixture
def renew(tmp_path, authority):
    """Issue a certificate in the place of the former one."""

    def issued(**options):
        return issue(tmp_path, by=authority, **options)

    return issued


@pytest.fixture
def files(renew):
    return renew()


@pytest.fixture
def quickly(monkeypatch):
    """The server looks at its files all the time."""
    monkeypatch.setattr(renewing, "EVERY", 0.02)


@pytest.fixture
async def runner(start_runner, files):
    return await start_runner(MODEL, grpc_port=0, lazy=True, **files.options)


@pytest.fixture
def shown(runner, known):
    """Return the serial number of the certificate that a new connection is shown."""

    async def ask():
        host, port = runner.addresses[0][:2]
        _, writer = await asyncio.open_connection(host, port, ssl=trust(known))
        number = writer.get_extra_info("peercert")["serialNumber"]
        writer.close()
        await writer.wait_closed()
        return number

    return ask


async def test_clients_that_know_the_authority_are_answered_and_others_hang_up(runner, known):
    url = address_of(runner)
    assert url.startswith("https://")
    for verify in (known, str(known), trust(known), False):
        async with AsyncClient(url, verify=verify) as client:
            answer = await client.predict("echo", text="over TLS")
            assert answer.value["text"] == "over TLS"
    async with AsyncClient(url) as client:
        with pytest.raises(ServerUnreachable, match="certificate verify failed"):
            await client.models()
    with pytest.raises(ValueError, match=r"verify='none': No such file"):
        AsyncClient(url, verify="none")
    with pytest.raises(ValueError, match=r"verify=.*: no certificate in PEM"):
        AsyncClient(url, verify=__file__)


async def test_a_client_may_know_the_certificate_itself_alone(runner, files):
    async with AsyncClient(address_of(runner), verify=files.certificate) as client:
        assert [one["name"] for one in await client.models()] == ["echo"]


async def test_what_is_older_than_tls_1_2_or_no_tls_is_not_answered(runner, known):
    host, port = runner.addresses[0][:2]
    old = trust(known)
    # Or the client itself would refuse.
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(host, port, ssl=old)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    _, writer = await asyncio.open_connection(host, port, ssl=old)
    writer.transport.abort()
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get(f"http://{host}:{port}/")


@pytest.mark.usefixtures("quickly")
async def test_new_connections_are_shown_a_new_certificate_and_running_ones_go_on(
    runner, known, renew, shown, eventually
):
    before = await shown()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2], ssl=trust(known))

    async def ask():
        writer.write(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 OK")

    await ask()
    renew()
    await eventually(shown, lambda number: number != before)
    await ask()
    writer.close()
    await writer.wait_closed()


async def test_what_cannot_be_served_is_kept_out_and_told_of_once(
    runner, files, renew, shown, caplog
):
    caplog.set_level("INFO", renewing.LOG.name)
    before = await shown()

    def said():
        caplog.clear()
        for _ in range(2):
            runner.app[CERTIFICATE].renew()
        (line,) = [one.message for one in caplog.records if one.name == renewing.LOG.name]
        return line.removeprefix("The former certificate is served on: ")

    other = issue(files.key.parent, name="other")
    files.key.write_text(files.key.read_text()[:80])
    assert said() == f"--tls-key {files.key} holds no private key in PEM"
    # Another one is there, and its certificate still to come.
    files.key.write_bytes(other.key.read_bytes())
    assert said() == f"--tls-key {files.key} is not the key of --tls-cert {files.certificate}"
    files.certificate.unlink()
    assert said() == f"--tls-cert {files.certificate}: No such file or directory"
    renew(**PAST)
    assert said() == f"--tls-cert {files.certificate}: certificate has expired"
    assert await shown() == before
    renew()
    assert said() == f"Read --tls-cert {files.certificate} again: valid until 3000-01-01 00:00 UTC"
    assert await shown() != before


async def test_a_link_that_is_changed_is_a_renewal(tmp_path, authority, known, start_runner):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
        issue(folder, by=authority)
    # As Kubernetes has it, which replaces the link to the folder.
    (tmp_path / "data").symlink_to("first")
    links = {
        option: str(tmp_path / "data" / f"server.{ending}")
        for option, ending in (("tls_cert", "crt"), ("tls_key", "key"))
    }
    certificate = (await start_runner(MODEL, lazy=True, **links)).app[CERTIFICATE]
    before = certificate.pair
    (tmp_path / "new").symlink_to("second")
    (tmp_path / "new").replace(tmp_path / "data")
    certificate.renew()
    assert certificate.pair.chain == (folders[1] / "server.crt").read_bytes() != before.chain


async def test_grpc_shows_the_same_certificate_and_is_shown_a_new_one(runner, known, renew):
    trusted = grpc.ssl_channel_credentials(known.read_bytes())
    port = runner.app[RPC_ADDRESS].rpartition(":")[2]
    address = f"localhost:{port}"
    async with grpc.aio.secure_channel(address, trusted) as channel:
        stub = GRPCInferenceServiceStub(channel)
        assert (await stub.ServerLive(LIVE)).live
        before = await _shown_over_rpc(port, known)
        renew()
        runner.app[CERTIFICATE].renew()
        assert await _shown_over_rpc(port, known) != before
        assert (await stub.ServerLive(LIVE)).live
    async with grpc.aio.secure_channel(address, trusted) as channel:
        assert (await GRPCInferenceServiceStub(channel).ServerLive(LIVE)).live
    strangers = grpc.ssl_channel_credentials(trustme.CA().cert_pem.bytes())
    async with grpc.aio.secure_channel(address, strangers) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="CERTIFICATE_VERIFY_FAILED"):
            await GRPCInferenceServiceStub(channel).ServerLive(LIVE)


async def _shown_over_rpc(port, known):
    context = trust(known)
    context.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection(
        "127.0.0.1", int(port), ssl=context, server_hostname="localhost"
    )
    number = writer.get_extra_info("peercert")["serialNumber"]
    writer.transport.abort()
    return number


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nHost:"])
async def test_a_head_that_stops_coming_ends_its_connection(runner, known, monkeypatch, sent):
    monkeypatch.setattr(connections, "SILENCE", 0.2)
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2], ssl=trust(known))
    writer.write(sent)
    assert await reader.read() == b""
    writer.close()


async def test_a_client_that_does_not_read_its_stream_is_hung_up_on(
    serve, files, known, pipes, caplog
):
    client = await serve("streaming", stream_timeout=1, **files.options)
    told, _ = pipes
    host, port = client._base_url.host, client._base_url.port
    reader, writer = await asyncio.open_connection(host, port, ssl=trust(known), limit=1)
    query = f"items=1000000&size=100000&told={told.path}"
    head = f"POST /v2/models/streaming/predict/?{query} HTTP/1.1\r\nHost: localhost\r\n"
    writer.write(f"{head}Content-Length: 0\r\n\r\n".encode())
    assert await told.line() == "begun"
    assert await told.line(60) == "ended"
    assert "taken nothing of /v2/models/streaming/predict/ for 1 s" in caplog.text
    writer.transport.abort()


async def test_metrics_tell_when_the_certificate_expires(runner, known):
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust(known))) as client,
        client.get(f"{address_of(runner)}/metrics") as response,
    ):
        line = "\ndeepaas_tls_certificate_expires_timestamp_seconds 3.250368e+10\n"
        assert line in await response.text()
    text, _ = exposition("", runner.app[REQUESTS], runner.app[REGISTRY])
    assert b"tls" not in text


async def test_the_end_of_a_certificate_is_told_ahead_once_a_day(tmp_path, monkeypatch, caplog):
    certificate = renewing.Certificate(*map(str, issue(tmp_path)))
    end = certificate.pair.expires

    def warnings(seconds):
        monkeypatch.setattr(time, "time", lambda: end - seconds)
        caplog.clear()
        certificate.warn()
        return [(one.levelname, one.message) for one in caplog.records]

    day = renewing.DAY
    until = f"--tls-cert {tmp_path / 'server.crt'} {{}}: 3000-01-01 00:00 UTC"
    assert warnings(14.5 * day) == []
    assert warnings(13.9 * day) == [("WARNING", until.format("expires soon"))]
    assert warnings(13.1 * day) == []
    assert warnings(12.9 * day) == [("WARNING", until.format("expires soon"))]
    assert warnings(-0.1 * day) == [("ERROR", until.format("has expired"))]
    assert warnings(-0.9 * day) == []
