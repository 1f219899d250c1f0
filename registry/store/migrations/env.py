"""Alembic runs the revisions on the connection that the registry hands over; there is no other way in."""

from alembic import context
from sqlalchemy import Connection

from registry.store.tables import Table

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
context.run_migrations()
