"""The floor: aiohttp handlers that do the work in the server's own process, unvalidated.

Usage: python -m bench_models.apps.bare_app WORKLOAD PORT
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from bench_models import work


async def tiny(request: web.Request) -> web.Response:
    query = request.query
    return web.json_response(work.tiny(int(query["number"]), float(query["factor"]), query["mode"]))


async def tensor(request: web.Request) -> web.Response:
    return web.json_response(work.tensor(json.loads(await request.read())["values"]))


async def file(request: web.Request) -> web.Response:
    form = await request.post()
    return web.json_response(work.digest(form["data"].file))


async def upload(request: web.Request) -> web.Response:
    field = (await request.post()).get("data")
    return web.json_response({"size": field.file.seek(0, 2) if field else 0})


NETWORK: web.AppKey[Any] = web.AppKey("NETWORK", object)
BATCHES: web.AppKey[Any] = web.AppKey("BATCHES", object)


async def mlp(request: web.Request) -> web.Response:
    values = json.loads(await request.read())["values"]
    return web.json_response({"scores": request.app[NETWORK]([values])[0].tolist()})


async def mlp_batching(request: web.Request) -> web.Response:
    values = json.loads(await request.read())["values"]
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    await request.app[BATCHES].put((values, future))
    return web.json_response({"scores": await future})


async def run_batches(app: web.Application) -> None:
    """Compute what waits, as much as may be, in a thread; meanwhile more arrives."""
    from bench_models.mlp import LARGEST_BATCH

    waiting = app[BATCHES]
    while True:
        batch = [await waiting.get()]
        while len(batch) < LARGEST_BATCH and not waiting.empty():
            batch.append(waiting.get_nowait())
        results = await asyncio.to_thread(app[NETWORK], [values for values, _ in batch])
        for (_, future), scores in zip(batch, results.tolist(), strict=True):
            if not future.done():
                future.set_result(scores)


async def network(app: web.Application) -> AsyncIterator[None]:
    from bench_models.mlp import Mlp

    app[NETWORK], app[BATCHES] = Mlp(), asyncio.Queue()
    running = asyncio.create_task(run_batches(app))
    yield
    running.cancel()


def main() -> None:
    app = web.Application(client_max_size=0)
    if sys.argv[1] == "mlp":
        app.cleanup_ctx.append(network)
    app.add_routes(
        [
            web.post(f"/{handler.__name__}", handler)
            for handler in (tiny, tensor, file, upload, mlp, mlp_batching)
        ]
    )
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=None)


if __name__ == "__main__":
    main()
