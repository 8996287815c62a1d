"""Where the usual language models are served, and what each provider wants; no prices, for they go stale."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from triage.errors import InputError


class Preset(msgspec.Struct, frozen=True):
    """An OpenAI-compatible endpoint. `key_variable` is the environment variable that usually holds its key.

    `wants_completion_tokens`: it limits answers by `max_completion_tokens` and refuses `max_tokens` for some models.
    """

    name: str
    base_url: str
    key_variable: str | None = None
    wants_completion_tokens: bool = False


_ALL = (
    Preset("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", wants_completion_tokens=True),
    Preset("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    Preset("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    Preset("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    Preset("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    Preset("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", wants_completion_tokens=True),
    Preset("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    Preset("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    Preset("dashscope", "https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
    Preset("dashscope-intl", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"),
    Preset("ollama", "http://127.0.0.1:11434/v1"),
    Preset("llamacpp", "http://127.0.0.1:8080/v1"),
    Preset("lmstudio", "http://127.0.0.1:1234/v1"),
    Preset("vllm", "http://127.0.0.1:8000/v1"),
)
PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _ALL}
"""By name; `dashscope` (Qwen) is the one in China, `dashscope-intl` the one in Singapore: their keys differ."""


def find_preset(name_or_url: str) -> Preset:
    """The preset of that name, or one made of a base URL; plain http only to machines nearby. Raises `InputError`."""
    if name_or_url in PRESETS:
        return PRESETS[name_or_url]
    if "://" not in name_or_url:
        raise InputError(
            f"{name_or_url!r} is no judge: expected a base URL such as https://api.openai.com/v1, "
            f"or one of {', '.join(PRESETS)}."
        )
    return Preset(_check_host(name_or_url), name_or_url.rstrip("/"))


def is_loopback(url: str) -> bool:
    """Whether it leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_near(host: str) -> bool:
    """This machine, a private address, or a name without a dot, as in a home or between containers."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan"))


def _check_host(url: str) -> str:
    """Host and port of a usable base URL."""
    try:
        parts = urlsplit(url)
        is_bad = not parts.hostname or parts.port == 0 or not (url.isascii() and url.isprintable()) or " " in url
    except ValueError:  # a port that is no number, half an IPv6 address
        is_bad = True
    if is_bad or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise InputError(f"{url!r} is no base URL: expected one such as https://api.openai.com/v1.")
    if "@" in parts.netloc:
        raise InputError("The judge's URL holds a user name or password: name the variable that holds the key instead.")
    if parts.scheme == "http" and not _is_near(parts.hostname or ""):
        raise InputError(f"{url!r} would send the question unencrypted over the internet: expected https.")
    return parts.netloc
