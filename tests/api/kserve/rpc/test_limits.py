"""What somebody sends who need not show a token, over gRPC."""

import grpc
import pytest

from tests.auth.holders import write_file

SERVICE = "/inference.GRPCInferenceService"
LARGEST = 100_000


async def send(rpc, path, body, **options):
    """Send bytes; return code and words of the refusal."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc.channel.unary_unary(path)(body, **options)
    return caught.value.code(), caught.value.details()


async def test_messages_of_those_without_tokens_are_bounded(dial, tmp_path):
    write_file(tmp_path / "tokens")
    rpc = await dial("echo", tokens_file=str(tmp_path / "tokens"), max_arguments_size=LARGEST)
    paths = (f"{SERVICE}/ServerLive", f"{SERVICE}/ModelInfer", "/grpc.health.v1.Health/Check")
    for path in paths:
        for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
            code, _ = await send(rpc, path, bytes(LARGEST + 1), compression=compression)
            assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_what_is_no_message_is_the_fault_of_who_has_sent_it(dial, caplog):
    rpc = await dial("echo")
    for method in ("ServerLive", "ModelMetadata", "ModelInfer", "RepositoryModelLoad"):
        code, words = await send(rpc, f"{SERVICE}/{method}", b"\xff" * 9)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert words.startswith(f"this is no {method}Request: ")
    assert not caplog.records
