"""Settings, read from the environment (`TRIAGE_…`) by `bootstrap` alone."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AwareDatetime, Field, HttpUrl, SecretStr, TypeAdapter, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

_URL = TypeAdapter(HttpUrl)
_TERMS = 3.0  # seconds: https://info.arxiv.org/help/api/tou.html
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_HOST = r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*"
_NAME = re.compile(_HOST)
_ADDRESS = re.compile(rf"[A-Za-z0-9._+-]{{1,64}}@{_HOST}")


class Settings(BaseSettings):
    """Where things are and who we say we are; every field is also an environment variable."""

    model_config = SettingsConfigDict(
        env_prefix="TRIAGE_", frozen=True, extra="ignore", env_ignore_empty=True, use_attribute_docstrings=True
    )

    home: Path = Field(default_factory=lambda: user_data_path("triage"), examples=["~/triage"])
    """The one data folder: database, your own `rubric.yaml`, `prices.yaml`, `outbox`, `mail.log`, `answers`, `index`;
    empty means the platform's user data folder. It is made when it is not there."""
    database_url: str | None = Field(default=None, examples=["postgresql://triage@db.example.org/triage"])
    """Another database: postgresql://USER@HOST/NAME?sslmode=require (extra `postgres`), sqlite:///PATH, or a SQLAlchemy
    URL of the two; empty means SQLite in `home`."""
    queue_url: str = Field(default="", examples=["redis://queue.example.org:6379"])
    """Where the jobs of `triage worker` wait: postgresql://... or redis://... (extra `redis`); empty means the
    PostgreSQL database."""
    rubric: Path | None = Field(default=None, examples=["rubrics/lab.yaml"])
    """The rubric file; empty means `rubric.yaml` in `home`, else the one that ships in the package."""
    embedder: str = Field(default="minilm", examples=["minilm-int8"])
    """`minilm` (ships in a package), `minilm-bf16` or `minilm-int8` (extra `fast`), or a sentence-transformers model
    name or folder (extra `models`). All machines of one database need the same, for `minilm-int8` also the same version
    of NNCF: another one gives other vectors, so that every paper is embedded again."""
    threads: int = Field(default=0, ge=0)
    """CPU threads for the embedder; 0 means all cores given to this process."""
    arxiv_api_url: str = "https://export.arxiv.org/api/query"
    """arXiv's query API: single ids, repair, a quick first week."""
    arxiv_oai_url: str = "https://oaipmh.arxiv.org/oai"
    """OAI-PMH: the spine of the harvest."""
    arxiv_feed_url: str = "https://rss.arxiv.org/rss"
    """arXiv's feed of the day's listings, a check on counts."""
    arxiv_interval: float = Field(default=3.0, ge=0.0, le=3600.0)
    """Seconds between two requests; arXiv's terms want 3, and less is only taken for servers on this machine."""
    keep_answers: int = Field(default=30, ge=0)
    """Days that raw answers of arXiv are kept in `home/answers` for replay; 0 keeps none."""
    contact: str = Field(default="", examples=["you@example.org"])
    """Your mail address or page, told to arXiv in the User-Agent; harvesting asks for it, no other work does."""
    judge: str = Field(default="", examples=["openai", "http://127.0.0.1:11434/v1"])
    """Who judges papers: a provider such as `openai` or `ollama`, or the base URL of any OpenAI-compatible endpoint;
    empty means nobody."""
    judge_model: str = Field(default="", examples=["gpt-x-2026-05-01"])
    """The model's name there, its snapshot included where there is one."""
    judge_key_name: str = Field(default="", examples=["LAB_OPENAI_KEY"])
    """The environment variable that holds the key; empty means the provider's usual one."""
    judge_prices: Path | None = Field(default=None, examples=["prices.yaml"])
    """US dollars per million tokens, by model, as YAML; empty means `prices.yaml` in `home`. Servers on this machine
    are free without it."""
    judge_timeout: float = Field(default=120.0, gt=0.0, le=3600.0)
    """Seconds after which one call is given up."""
    judge_concurrency: int = Field(default=4, ge=1, le=64)
    """Calls to the judge at the same time."""
    accounts: bool = False
    """Whether readers sign in; without it there is one reader, `me`, and `triage serve` answers this machine only."""
    public_url: str = Field(default="http://127.0.0.1:8000", examples=["https://triage.example.org"])
    """Where readers find the pages: scheme and host, nothing behind it. Links in mails and feeds begin with it, and
    only its host is answered."""
    anonymous_reading: bool = False
    """Whether shortlists, papers, search and feeds may be read without signing in (with accounts only)."""
    trusted_proxy: str = Field(default="", examples=["10.0.0.2"])
    """IP address of the one proxy in front, whose X-Forwarded-For is believed; empty: there is none. Behind a proxy
    that is not named, all readers share one rate limit."""
    rate_limit: int = Field(default=600, ge=0)
    """Requests a minute from one address, with accounts; 0 means no limit, other than on attempts to sign in."""
    notice: str = Field(default="", max_length=300, examples=["Down for an upgrade on Friday at 18:00 UTC."])
    """A line that stands above every page, such as when the server will be down."""
    mail: Literal["folder", "smtp"] = "folder"
    """Where mails go: into files in `home/outbox`, or to the server at `smtp_host`."""
    mail_from: str = Field(default="", examples=["triage@example.org"])
    """The address mails come from; empty means no-reply at the host of `public_url`."""
    mail_bounces: str = Field(default="", examples=["bounces@example.org"])
    """The address that bounces go to; empty means `mail_from`."""
    mail_per_minute: int = Field(default=60, ge=1)
    """The most mails a minute that one process sends to one domain."""
    deliver_every: int = Field(default=10, ge=0, le=1440)
    """Minutes between two looks of `triage serve` or a worker for mail that is due; 0: never, since cron runs `triage
    deliver` or another process looks."""
    smtp_host: str = Field(default="", examples=["smtp.example.org"])
    """The mail server, a name or address alone."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Its port: 587 with `starttls`, 465 with `tls`."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted; `none` only for a server on this machine."""
    smtp_ca: Path | None = Field(default=None, examples=["/etc/triage/ca.pem"])
    """A file of certificates (PEM) to trust instead of the system's, for a server with one of its own."""
    smtp_user: str = Field(default="", examples=["triage"])
    """Who we are to the server; empty: it asks for no name."""
    smtp_password: SecretStr = Field(default=SecretStr(""), examples=["..."])
    """The password of `smtp_user`."""
    smtp_timeout: float = Field(default=60.0, gt=0.0, le=100.0)
    """Seconds after which one step of sending is given up; a whole message gets five times that, below its lease."""
    dkim_key: Path | None = Field(default=None, examples=["/etc/triage/dkim.pem"])
    """A file with the private key (PEM) that signs mails; empty: the mail server signs, or nobody."""
    dkim_selector: str = "triage"
    """The name below which the public key stands in the DNS: SELECTOR._domainkey.DOMAIN."""
    dkim_domain: str = Field(default="", examples=["example.org"])
    """The domain that signs; empty means that of `mail_from`."""
    now: AwareDatetime | None = Field(default=None, examples=["2026-08-21T12:00:00Z"])
    """Take it to be this time: for trials with answers of another time; empty means the clock."""
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


class ShippedSettings(Settings):
    """Settings that the environment has no say in: those that ship, and what is passed."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
