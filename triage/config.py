"""Settings, read from the environment (`TRIAGE_…`) by `bootstrap` alone."""

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are and who we say we are; every field is also an environment variable."""

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default_factory=lambda: user_data_path("triage"))
    """The one data folder: database, your own rubric."""
    database_url: str | None = None
    """SQLAlchemy URL; empty means SQLite in `home`."""
    rubric: Path | None = None
    """The rubric file; empty means `rubric.yaml` in `home`, else the one that ships in the package."""
    embedder: str = "minilm"
    """`minilm` (ships in a package), or a sentence-transformers model name or folder (extra `models`)."""
    threads: int = Field(default=0, ge=0)
    """CPU threads for the embedder; 0 means all cores given to this process."""
    arxiv_api_url: str = "https://export.arxiv.org/api/query"
    """The query API; tests point it at loopback."""
    contact: str = ""
    """An address that arXiv can write to; it goes into the User-Agent."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """What goes to standard error."""

    @field_validator("home")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def url(self) -> str:
        """The database in use."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home / 'triage.db'}"
