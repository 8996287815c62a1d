"""Runs migrations on the connection it is handed (`triage.store.schema`), in one transaction."""

from alembic import context

from triage.store.base import Base
from triage.store.schema import is_modelled
from triage.store.tables import list_tables

list_tables()  # autogenerate compares with every table
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    include_name=is_modelled,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
