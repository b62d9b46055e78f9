"""The certificate that a server shows, as long as it serves."""

import asyncio

from deepaas.tls import certificate
from deepaas.tls.certificate import Certificate
from tests.tls.issuing import issue


async def test_a_look_that_fails_is_not_the_last_one(tmp_path, monkeypatch, caplog):
    files = issue(tmp_path)
    shown = Certificate(str(files.certificate), str(files.key))
    looks = asyncio.Queue()

    async def no_thread(look):
        looks.put_nowait(look)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(certificate, "EVERY", 0.0)
    monkeypatch.setattr(asyncio, "to_thread", no_thread)
    keeping = asyncio.create_task(shown.keep())
    for _ in range(2):
        assert await looks.get() == shown.renew
    keeping.cancel()
    await asyncio.wait((keeping,))
    assert "can't start new thread" in caplog.text
