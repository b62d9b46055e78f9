"""Alembic runs this; the connection comes from ``deepaas.database.engine``."""

from alembic import context

from deepaas.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
