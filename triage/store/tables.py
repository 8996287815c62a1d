"""Every table of the models, whoever asks first."""

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import Table

from triage import store
from triage.store.base import Base


def list_tables() -> list[Table]:
    """All of them, those that others point at first; modules of models are known by their names."""
    for module in iter_modules(store.__path__):
        if module.name.endswith("models"):
            import_module(f"{store.__name__}.{module.name}")
    return Base.metadata.sorted_tables
