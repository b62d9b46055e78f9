"""Tokens in the database, which several servers may share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from deepaas.auth.scopes import parse_scopes
from deepaas.auth.tokens import Token
from deepaas.database import tables
from deepaas.database.engine import Database
from deepaas.exceptions import Conflict, UnknownToken

TOKEN = tables.token


class TokenStore:
    """Tokens that ``deepaas-token`` makes and revokes.

    Args:
        database: an open database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state: tuple[int, int] | None = None
        self._tokens: dict[str, Token] = {}

    async def tokens(self) -> Mapping[str, Token]:
        """Return the tokens that are not revoked, by their hashes; see ``TokenSource``."""
        # Rows are added and revoked, and never removed: these numbers tell whether any was.
        query = sa.select(sa.func.count(), sa.func.count(TOKEN.c.revoked)).select_from(TOKEN)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one()
            state = (row[0], row[1])
            if state != self._state:
                valid = TOKEN.select().where(TOKEN.c.revoked.is_(None))
                found = map(_token, await connection.execute(valid))
                self._tokens = {one.hash: one for one in found}
                self._state = state
        return self._tokens

    async def all(self) -> list[Token]:
        """Return all tokens, oldest first, revoked ones as well."""
        async with self._database.reading() as connection:
            rows = await connection.execute(TOKEN.select().order_by(TOKEN.c.number))
            return [_token(row) for row in rows]

    async def add(self, token: Token) -> None:
        """Keep a new token.

        Raises:
            Conflict: there is a valid one of that name.
        """
        same = TOKEN.select().where(TOKEN.c.name == token.name, TOKEN.c.revoked.is_(None))
        async with self._database.writing() as connection:
            found = map(_token, await connection.execute(same))
            if any(not one.expired for one in found):
                raise Conflict(f"there is a token {token.name!r} already; revoke it first")
            await connection.execute(
                TOKEN.insert().values(
                    name=token.name,
                    hash=token.hash,
                    scopes=str(token.scopes),
                    created=token.created,
                    expires=token.expires,
                )
            )

    async def revoke(self, name: str) -> None:
        """Let a token count no more.

        Raises:
            UnknownToken: there is none of that name, or it was revoked already.
        """
        async with self._database.writing() as connection:
            changed = await connection.execute(
                TOKEN.update()
                .where(TOKEN.c.name == name, TOKEN.c.revoked.is_(None))
                .values(revoked=time.time())
            )
            if not changed.rowcount:
                names = await connection.execute(
                    sa.select(TOKEN.c.name).where(TOKEN.c.revoked.is_(None)).distinct()
                )
                there = ", ".join(sorted(row.name for row in names)) or "none"
                raise UnknownToken(f"there is no token {name!r} to revoke; there is: {there}")

    async def note_use(self, used: Mapping[str, float]) -> None:
        """Keep when tokens were last shown, unless a later time is known.

        Args:
            used: seconds since 1970, by the tokens' hashes.
        """
        async with self._database.writing() as connection:
            for known, moment in used.items():
                earlier = TOKEN.c.used.is_(None) | (TOKEN.c.used < moment)
                await connection.execute(
                    TOKEN.update().where(TOKEN.c.hash == known, earlier).values(used=moment)
                )


def _token(row: Any) -> Token:
    return Token(
        row.name,
        row.hash,
        parse_scopes(row.scopes),
        row.expires,
        row.created,
        row.used,
        row.revoked,
    )
