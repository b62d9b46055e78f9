"""Where trainings are kept."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from deepaas.database import tables
from deepaas.database.engine import Database
from deepaas.exceptions import UnknownTraining
from deepaas.trainings.events import Event, Kind
from deepaas.trainings.record import Status, Training
from deepaas.trainings.servers import ServerIdentity

TRAINING, EVENT, SERVER = tables.training, tables.event, tables.server
PROMOTION = tables.promotion
INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
ACTIVE = (Status.QUEUED.value, Status.RUNNING.value)
JSON_COLUMNS = ("arguments", "sent", "files", "output", "progress", "metrics")
PLAIN_COLUMNS = tuple(
    one.name for one in fields(Training) if one.name not in (*JSON_COLUMNS, "identifier", "status")
)


class Store:
    """Trainings with all that is known of them, in a database that several servers may share.

    Args:
        database: an open database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, training: Training) -> None:
        """Keep a new training."""
        async with self._database.writing() as connection:
            await connection.execute(TRAINING.insert().values(_row(training)))

    async def save(
        self, training: Training, events: Sequence[Event] = (), forget_log_to: int = 0
    ) -> None:
        """Keep what has become of a training, and what has happened in it, all or nothing.

        Args:
            training: the training; one that was removed meanwhile stays so.
            events: new events.
            forget_log_to: up to which number what it has printed is forgotten.
        """
        async with self._database.writing() as connection:
            values = _row(training)
            if training.status.finished:
                values["cancel"] = False
            changed = await connection.execute(
                TRAINING.update().where(TRAINING.c.uuid == training.identifier).values(values)
            )
            if not changed.rowcount:
                return
            if events:
                # What was committed although its writer heard otherwise comes once more.
                insert = INSERTS[connection.dialect.name](EVENT).on_conflict_do_nothing()
                await connection.execute(insert, [_event_row(training, one) for one in events])
            if forget_log_to:
                await connection.execute(
                    EVENT.delete().where(
                        EVENT.c.training == training.identifier,
                        EVENT.c.kind == Kind.LOG.value,
                        EVENT.c.seq <= forget_log_to,
                    )
                )

    async def claim(self, training: Training) -> bool:
        """Queue a training again that has ended before it was done; false if another was quicker.

        Args:
            training: with the server that is to run it.
        """
        resumable = [one.value for one in Status if one.finished and one is not Status.DONE]
        async with self._database.writing() as connection:
            changed = await connection.execute(
                TRAINING.update()
                .where(TRAINING.c.uuid == training.identifier, TRAINING.c.status.in_(resumable))
                .values(
                    status=Status.QUEUED.value, server=training.server, resumed=training.resumed
                )
            )
            return bool(changed.rowcount)

    async def of_model(self, model: str, caller: str | None = None) -> list[Training]:
        """Return the trainings of a model, oldest first.

        Args:
            model: the model.
            caller: who has asked for them; None for whoever it was.
        """
        query = TRAINING.select().where(TRAINING.c.model == model).order_by(TRAINING.c.number)
        if caller is not None:
            query = query.where(TRAINING.c.caller == caller)
        async with self._database.reading() as connection:
            return [_training(row) for row in await connection.execute(query)]

    async def get(self, model: str, identifier: str, caller: str | None = None) -> Training:
        """Return one training.

        Args:
            model: its model.
            identifier: of the training.
            caller: who has asked for it; None for whoever it was.

        Raises:
            UnknownTraining: the model has none with this identifier, of this caller.
        """
        query = TRAINING.select().where(TRAINING.c.uuid == identifier, TRAINING.c.model == model)
        if caller is not None:
            query = query.where(TRAINING.c.caller == caller)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            raise UnknownTraining(f"model {model!r} has no training {identifier!r}")
        return _training(row)

    async def remove(self, identifier: str) -> None:
        """Forget a training and all that happened in it."""
        async with self._database.writing() as connection:
            await connection.execute(EVENT.delete().where(EVENT.c.training == identifier))
            await connection.execute(TRAINING.delete().where(TRAINING.c.uuid == identifier))

    async def events(
        self, identifier: str, after: int = 0, kinds: Collection[Kind] = (), limit: int = 1000
    ) -> list[Event]:
        """Return what happened in a training, in order.

        Args:
            identifier: of the training.
            after: the number of the last event that is known already.
            kinds: which kinds; empty for all.
            limit: at most so many.
        """
        query = (
            EVENT.select()
            .where(EVENT.c.training == identifier, EVENT.c.seq > after)
            .order_by(EVENT.c.seq)
            .limit(limit)
        )
        if kinds:
            query = query.where(EVENT.c.kind.in_([kind.value for kind in kinds]))
        async with self._database.reading() as connection:
            return [_event(row) for row in await connection.execute(query)]

    async def models(self) -> list[str]:
        """Return the models that have trainings, by name."""
        query = sa.select(TRAINING.c.model).distinct().order_by(TRAINING.c.model)
        async with self._database.reading() as connection:
            return [row.model for row in await connection.execute(query)]

    async def counts(self) -> dict[tuple[str, str], int]:
        """Return how many trainings there are of which model and in which state."""
        kind = TRAINING.c.model, TRAINING.c.status
        query = sa.select(*kind, sa.func.count().label("count")).group_by(*kind)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return {(row.model, row.status): row[2] for row in rows}

    async def last_event(self, identifier: str) -> int:
        """Return the number of a training's last event, 0 without any."""
        query = sa.select(sa.func.max(EVENT.c.seq)).where(EVENT.c.training == identifier)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar() or 0

    async def finished(self, model: str) -> list[tuple[str, float]]:
        """Return identifiers of a model's finished trainings and when they ended, oldest first."""
        query = (
            sa.select(TRAINING.c.uuid, TRAINING.c.finished)
            .where(TRAINING.c.model == model, TRAINING.c.status.not_in(ACTIVE))
            .order_by(TRAINING.c.number)
        )
        async with self._database.reading() as connection:
            return [(row.uuid, row.finished or 0.0) for row in await connection.execute(query)]

    async def request_cancel(self, identifier: str) -> None:
        """Ask the server that runs a training, another one than this, to cancel it."""
        async with self._database.writing() as connection:
            await connection.execute(
                TRAINING.update().where(TRAINING.c.uuid == identifier).values(cancel=True)
            )

    async def cancel_requests(self, server: str) -> list[str]:
        """Return the trainings of a server that another one was asked to cancel."""
        query = sa.select(TRAINING.c.uuid).where(
            TRAINING.c.server == server, TRAINING.c.cancel, TRAINING.c.status.in_(ACTIVE)
        )
        async with self._database.reading() as connection:
            return [row.uuid for row in await connection.execute(query)]

    async def promoted(self, model: str) -> str | None:
        """Return the training whose result a model serves; None for what the model brings."""
        query = (
            sa.select(PROMOTION.c.training)
            .where(PROMOTION.c.model == model)
            .order_by(PROMOTION.c.number.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            found: str | None = (await connection.execute(query)).scalar()
            return found

    async def promote(self, model: str, training: str | None) -> None:
        """Write down which training's result a model serves from now on."""
        async with self._database.writing() as connection:
            await connection.execute(
                PROMOTION.insert().values(model=model, training=training, time=time.time())
            )

    async def show_up(self, server: ServerIdentity) -> None:
        """Say that a server lives."""
        row = {
            "host": server.host,
            "pid": server.pid,
            "started": server.started,
            "seen": time.time(),
        }
        async with self._database.writing() as connection:
            changed = await connection.execute(
                SERVER.update().where(SERVER.c.id == server.identifier).values(row)
            )
            if not changed.rowcount:
                await connection.execute(SERVER.insert().values(id=server.identifier, **row))

    async def sign_off(self, server: ServerIdentity) -> None:
        """Say that a server has ended, and interrupt what it still seems to run."""
        async with self._database.writing() as connection:
            await self._interrupt(connection, [server.identifier])

    async def interrupt_orphans(self, server: ServerIdentity) -> list[str]:
        """Interrupt the trainings of servers that are gone; return their identifiers.

        Args:
            server: who asks.
        """
        async with self._database.reading() as connection:
            rows = (await connection.execute(SERVER.select())).all()
        gone = [
            row.id
            for row in rows
            if row.id != server.identifier
            and server.misses(ServerIdentity(row.id, row.host, row.pid, row.started), row.seen)
        ]
        if not gone:
            return []
        async with self._database.writing() as connection:
            return await self._interrupt(connection, gone)

    async def _interrupt(self, connection: Any, servers: Sequence[str]) -> list[str]:
        theirs = TRAINING.c.server.in_(servers) & TRAINING.c.status.in_(ACTIVE)
        found = await connection.execute(sa.select(TRAINING.c.uuid).where(theirs))
        orphans = [row.uuid for row in found]
        await connection.execute(
            TRAINING.update()
            .where(theirs)
            .values(status=Status.INTERRUPTED.value, finished=time.time(), cancel=False)
        )
        for orphan in orphans:
            last = await connection.execute(
                sa.select(sa.func.max(EVENT.c.seq)).where(EVENT.c.training == orphan)
            )
            await connection.execute(
                EVENT.insert().values(
                    training=orphan,
                    seq=(last.scalar() or 0) + 1,
                    time=time.time(),
                    kind=Kind.STATUS.value,
                    data=orjson.dumps({"status": Status.INTERRUPTED.value}).decode(),
                )
            )
        await connection.execute(SERVER.delete().where(SERVER.c.id.in_(servers)))
        return orphans


def _row(training: Training) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(training, name) for name in PLAIN_COLUMNS}
    for name in JSON_COLUMNS:
        value: bytes | None = getattr(training, name)
        row[name] = None if value is None else value.decode()
    row |= {"uuid": training.identifier, "status": training.status.value}
    # PostgreSQL keeps no null characters; JSON has its own way to write them.
    row["message"] = training.message.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return row


def _training(row: Any) -> Training:
    values = {name: getattr(row, name) for name in PLAIN_COLUMNS}
    for name in JSON_COLUMNS:
        text: str | None = getattr(row, name)
        values[name] = None if text is None else text.encode()
    return Training(identifier=row.uuid, status=Status(row.status), **values)


def _event_row(training: Training, event: Event) -> dict[str, Any]:
    return {
        "training": training.identifier,
        "seq": event.seq,
        "time": event.time,
        "kind": event.kind.value,
        "data": event.data.decode(),
    }


def _event(row: Any) -> Event:
    return Event(row.seq, Kind(row.kind), row.data.encode(), row.time)
