"""This server as it would be if requests were neither identified, counted nor timed."""

from aiohttp import web

from deepaas.api import app, connections
from deepaas.cmd.run import main


def unobserved(*_):
    """Return a middleware that there has to be, and that does nothing."""

    @web.middleware
    async def pass_on(request, handler):
        return await handler(request)

    return pass_on


app.observing = unobserved
connections.Connection._identify = lambda self, response: None

if __name__ == "__main__":
    main()
