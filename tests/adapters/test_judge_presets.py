import pytest

from triage.adapters.judge_presets import PRESETS, find_preset, is_loopback
from triage.errors import InputError


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_found_by_name_and_its_url_is_usable(name: str) -> None:
    """Each would also be taken if the user gave its URL, and only servers on this machine need no key."""
    preset = find_preset(name)
    assert preset.name == name
    assert find_preset(preset.base_url).base_url == preset.base_url
    assert (preset.key_variable is None) == is_loopback(preset.base_url)


def test_a_url_is_taken_as_it_is() -> None:
    """Any compatible endpoint will do."""
    preset = find_preset("https://llm.example.org:8443/gateway/v1/")
    assert (preset.name, preset.base_url) == ("llm.example.org:8443", "https://llm.example.org:8443/gateway/v1")
    assert preset.key_variable is None


@pytest.mark.parametrize("url", ["http://localhost:1234/v1", "http://127.0.0.9/v1", "http://[::1]:8080/v1"])
def test_plain_http_is_for_this_machine(url: str) -> None:
    """Nobody can listen in between."""
    assert find_preset(url).base_url == url
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["http://example.org/v1", "http://8.8.8.8/v1", "http://localhost.example.org/v1", "http://127.0.0.1.example.org"],
)
def test_plain_http_to_elsewhere_is_refused(url: str) -> None:
    """The key would be there for everyone to read."""
    with pytest.raises(InputError, match="expected https"):
        find_preset(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/v1", "https://", "https:///v1", "https://example.org/v1?key=1", "https://example.org/v1#a",
        "https://example.org:port/v1", "https://exa mple.org/v1", "https://[::1/v1", "https://example.org:0/v1",
    ],
)  # fmt: skip
def test_what_is_no_base_url_is_refused(url: str) -> None:
    """A question cannot be put there."""
    with pytest.raises(InputError, match="is no base URL: expected one such as"):
        find_preset(url)


def test_a_url_with_a_password_is_refused_without_repeating_it() -> None:
    """It would end up in names and logs."""
    with pytest.raises(InputError) as caught:
        find_preset("https://me:geheim@example.org/v1")
    assert "geheim" not in str(caught.value)


def test_an_unknown_name_lists_the_known_ones() -> None:
    """So that the right one can be picked."""
    with pytest.raises(InputError, match=r"'opanai' is no judge: .* or one of openai, openrouter, .*, vllm\."):
        find_preset("opanai")
