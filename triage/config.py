"""Settings, read from the environment (`TRIAGE_…`) by `bootstrap` alone."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AwareDatetime, Field, HttpUrl, SecretStr, TypeAdapter, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_URL = TypeAdapter(HttpUrl)
_TERMS = 3.0  # seconds: https://info.arxiv.org/help/api/tou.html
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_HOST = r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*"
_NAME = re.compile(_HOST)
_ADDRESS = re.compile(rf"[A-Za-z0-9._+-]{{1,64}}@{_HOST}")


class Settings(BaseSettings):
    """Where things are and who we say we are; every field is also an environment variable."""

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default_factory=lambda: user_data_path("triage"))
    """The one data folder: database, your own rubric."""
    database_url: str | None = None
    """Such as postgresql://USER@HOST/NAME?sslmode=require, or a SQLAlchemy URL; empty means SQLite in `home`."""
    queue_url: str = ""
    """Where the jobs of `triage worker` wait: postgresql://... or redis://...; empty means the PostgreSQL database."""
    rubric: Path | None = None
    """The rubric file; empty means `rubric.yaml` in `home`, else the one that ships in the package."""
    embedder: str = "minilm"
    """`minilm` (ships in a package), `minilm-bf16` or `minilm-int8` (extra `fast`), or a sentence-transformers model
    name or folder (extra `models`). All machines of one database need the same, for `minilm-int8` also the same version
    of NNCF: another one gives other vectors, so that every paper is embedded again."""
    threads: int = Field(default=0, ge=0)
    """CPU threads for the embedder; 0 means all cores given to this process."""
    arxiv_api_url: str = "https://export.arxiv.org/api/query"
    """The query API: single ids, repair, a quick first week."""
    arxiv_oai_url: str = "https://oaipmh.arxiv.org/oai"
    """OAI-PMH: the spine of the harvest."""
    arxiv_feed_url: str = "https://rss.arxiv.org/rss"
    """The day's listings."""
    arxiv_interval: float = Field(default=3.0, ge=0.0, le=3600.0)
    """Seconds between two requests; arXiv's terms want 3, and less is only taken for servers on this machine."""
    keep_answers: int = Field(default=30, ge=0)
    """Days that raw answers of arXiv are kept in `home/answers` for replay; 0 keeps none."""
    contact: str = ""
    """An address that arXiv can write to; it goes into the User-Agent."""
    judge: str = ""
    """Who judges papers: a provider such as `openai` or `ollama`, or the base URL of any OpenAI-compatible endpoint."""
    judge_model: str = ""
    """The model's name there, its snapshot included where there is one."""
    judge_key_name: str = ""
    """The environment variable that holds the key; empty means the provider's usual one."""
    judge_prices: Path | None = None
    """US dollars per million tokens, by model, as YAML; empty means `prices.yaml` in `home`."""
    judge_timeout: float = Field(default=120.0, gt=0.0, le=3600.0)
    """Seconds after which one call is given up."""
    judge_concurrency: int = Field(default=4, ge=1, le=64)
    """Calls at the same time."""
    accounts: bool = False
    """Whether readers sign in; without it there is one reader, `me`, and `triage serve` answers this machine only."""
    public_url: str = "http://127.0.0.1:8000"
    """Where readers find the pages: links in mails and feeds begin with it, and only its host is answered."""
    anonymous_reading: bool = False
    """Whether shortlists, papers, search and feeds may be read without signing in (with accounts only)."""
    trusted_proxy: str = ""
    """IP address of the one proxy in front, whose X-Forwarded-For is believed; empty: there is none."""
    rate_limit: int = Field(default=600, ge=0)
    """Requests a minute from one address, with accounts; 0 means no limit, other than on attempts to sign in."""
    notice: str = Field(default="", max_length=300)
    """A line that stands above every page, such as when the server will be down."""
    mail: Literal["folder", "smtp"] = "folder"
    """Where mails go: into files in `home/outbox`, or to the server that the `smtp_` settings name."""
    mail_from: str = ""
    """The address mails come from, such as triage@example.org; empty means no-reply at the host of `public_url`."""
    mail_bounces: str = ""
    """The address that bounces go to; empty means `mail_from`."""
    mail_per_minute: int = Field(default=60, ge=1)
    """The most mails a minute that one process sends to one domain."""
    deliver_every: int = Field(default=10, ge=0, le=1440)
    """Minutes between two looks of `triage serve` for mail that is due; 0: never, cron runs `triage deliver`."""
    smtp_host: str = ""
    """The mail server, such as smtp.example.org."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Its port: 587 with `starttls`, 465 with `tls`."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted; `none` only for a server on this machine."""
    smtp_ca: Path | None = None
    """A file of certificates (PEM) to trust instead of the system's, for a server with one of its own."""
    smtp_user: str = ""
    """Who we are to the server; empty: it asks for no name."""
    smtp_password: SecretStr = SecretStr("")
    """The password of `smtp_user`."""
    smtp_timeout: float = Field(default=60.0, gt=0.0, le=100.0)
    """Seconds after which one step of sending is given up; a whole message gets five times that, below its lease."""
    dkim_key: Path | None = None
    """A file with the private key (PEM) that signs mails; empty: the mail server signs, or nobody."""
    dkim_selector: str = "triage"
    """The name below which the public key stands in the DNS: SELECTOR._domainkey.DOMAIN."""
    dkim_domain: str = ""
    """The domain that signs; empty means that of `mail_from`."""
    now: AwareDatetime | None = None
    """Take it to be this time, such as 2026-08-21T12:00:00Z: for trials with answers of another time."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """What goes to standard error."""

    @field_validator("home")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("arxiv_api_url", "arxiv_oai_url", "arxiv_feed_url", "public_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        _URL.validate_python(url)
        return url

    @field_validator("trusted_proxy")
    @classmethod
    def _check_proxy(cls, address: str) -> str:
        if not address:
            return ""
        try:
            return str(ip_address(address.strip()))
        except ValueError as error:
            raise ValueError("expected one IP address, such as 10.0.0.2, or nothing where there is no proxy") from error

    @field_validator("public_url")
    @classmethod
    def _check_place(cls, url: str) -> str:
        if urlsplit(url).path.strip("/") or urlsplit(url).query:
            raise ValueError(
                "expected scheme and host alone, such as https://triage.example.org: pages lie at its root"
            )
        return url.rstrip("/")

    @field_validator("mail_from", "mail_bounces")
    @classmethod
    def _check_address(cls, address: str) -> str:
        address = address.strip()
        if address and _ADDRESS.fullmatch(address) is None:
            raise ValueError("expected a bare address, such as triage@example.org")
        return address

    @field_validator("smtp_host", "dkim_selector", "dkim_domain")
    @classmethod
    def _check_name(cls, name: str) -> str:
        name = name.strip()
        if name and name not in _LOOPBACK and _NAME.fullmatch(name) is None:
            raise ValueError("expected a name alone, such as smtp.example.org, without port and without https://")
        return name

    @field_validator("smtp_security")
    @classmethod
    def _check_security(cls, security: str, info: ValidationInfo) -> str:
        if security == "none" and info.data.get("smtp_host") not in _LOOPBACK:
            raise ValueError("expected starttls or tls: none is only for a server on this machine")
        return security

    @field_validator("smtp_user", "smtp_password")
    @classmethod
    def _keep_private(cls, secret: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        if secret and info.data.get("smtp_security") == "none":
            raise ValueError("it would be sent unencrypted: expected starttls or tls in TRIAGE_SMTP_SECURITY")
        return secret

    @field_validator("arxiv_interval")
    @classmethod
    def _respect_arxiv(cls, interval: float, info: ValidationInfo) -> float:
        urls = [url for name, url in info.data.items() if name.startswith("arxiv_")]
        if interval < _TERMS and not all(urlsplit(url).hostname in _LOOPBACK for url in urls):
            raise ValueError(f"expected at least {_TERMS:g} seconds, as arXiv's terms of use want")
        return interval

    @property
    def is_for_this_machine(self) -> bool:
        """Whether `public_url` leads to the machine that serves it, and nowhere else."""
        return urlsplit(self.public_url).hostname in _LOOPBACK

    @property
    def url(self) -> str:
        """The database in use."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home / 'triage.db'}"
