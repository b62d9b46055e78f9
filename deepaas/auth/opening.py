"""Who may ask, as the settings say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from deepaas.auth.authenticator import Authenticator, NoAuth
from deepaas.auth.by_tokens import TokenAuthenticator, TokenSource
from deepaas.auth.either import Either
from deepaas.auth.file import TokensFile
from deepaas.auth.wrong_tokens import Slowing, Told, WrongTokens
from deepaas.database.folder import Unusable, state_folder
from deepaas.exceptions import ConfigurationError
from deepaas.settings import Settings
from deepaas.trust import Trust

if TYPE_CHECKING:
    from deepaas.auth.store import TokenStore


@asynccontextmanager
async def authenticator(
    settings: Settings, refused: Told = lambda address, count: None
) -> AsyncIterator[Authenticator]:
    """Give what tells who asks.

    Args:
        settings: how the server behaves.
        refused: is told an address, and how many wrong tokens came from there within a minute.

    Raises:
        ConfigurationError: tokens cannot be read.
    """
    if not settings.authentication:
        yield NoAuth()
        return
    wrong = WrongTokens(refused)
    async with AsyncExitStack() as stack:
        stack.callback(wrong.tell)
        ways: list[Authenticator] = []
        if settings.tokens:
            ways.append(await stack.enter_async_context(_by_tokens(settings)))
        if settings.trust is not None:
            ways.append(await stack.enter_async_context(_by_flaat(settings.trust)))
        yield Slowing(Either(*ways) if len(ways) > 1 else ways[0], wrong)


@asynccontextmanager
async def _by_tokens(settings: Settings) -> AsyncIterator[TokenAuthenticator]:
    sources: list[TokenSource] = []
    if settings.tokens_file:
        sources.append(TokensFile(settings.tokens_file))
    if not settings.stored_tokens:
        yield TokenAuthenticator(sources)
        return
    async with token_store(settings) as store:
        from deepaas.auth.last_use import LastUse

        use = LastUse(store)
        async with use.kept():
            yield TokenAuthenticator([store, *sources], use.note)


@asynccontextmanager
async def _by_flaat(trust: Trust) -> AsyncIterator[Authenticator]:
    trust.check()
    opened = await asyncio.to_thread(load_flaat)
    async with opened(trust) as found:
        yield found


def load_flaat() -> Callable[[Trust], AbstractAsyncContextManager[Authenticator]]:
    """Return what opens the authenticator of OpenID Connect; it takes long to import.

    Raises:
        ConfigurationError: what it needs is not installed.
    """
    try:
        from deepaas.auth.by_flaat import flaat_authenticator
    except ImportError as error:
        raise ConfigurationError(
            f"--auth flaat needs flaat 1.3 ({error}): pip install 'deepaas[flaat]'"
        ) from None
    return flaat_authenticator


@asynccontextmanager
async def token_store(settings: Settings) -> AsyncIterator[TokenStore]:
    """Give the tokens of the database.

    Args:
        settings: where it is.

    Raises:
        ConfigurationError: the state directory or the database cannot be used.
    """
    # SQLAlchemy takes long to import: elsewhere than in the event loop, and where it is needed.
    await asyncio.to_thread(import_module, "deepaas.auth.store")
    from deepaas.auth.store import TokenStore
    from deepaas.database.engine import Database, sqlite_url

    database = Database(settings.database_url or sqlite_url(_folder(settings)))
    await database.open()
    try:
        yield TokenStore(database)
    finally:
        await database.close()


def _folder(settings: Settings) -> Path:
    """Return the state directory; tokens that go with the server would be of no use."""
    try:
        return state_folder(settings.state_directory)
    except Unusable as error:
        if settings.state_directory:
            raise
        raise ConfigurationError(
            f"tokens cannot be kept: {error}; name a folder with --state-dir"
        ) from None
