"""The floor: aiohttp handlers that do the work in the server's own process, unvalidated.

Usage: python -m bench_models.apps.bare_app PORT
"""

import json
import sys

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


def main() -> None:
    app = web.Application(client_max_size=0)
    app.add_routes(
        [web.post(f"/{handler.__name__}", handler) for handler in (tiny, tensor, file, upload)]
    )
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None)


if __name__ == "__main__":
    main()
