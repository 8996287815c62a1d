"""What a judge costs, as the settings say: prices change, so none ship with the program."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from triage.errors import InputError
from triage.pipeline.asking import Price

_EXAMPLE = "gpt-x: {input: 0.15, output: 0.60}"


def read_prices(path: Path) -> Mapping[str, Price]:
    """US dollars per million tokens by model; raises `InputError` that names file and field."""
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=dict[str, Price])
    except OSError as error:
        raise InputError(
            f"The price table {path} (TRIAGE_JUDGE_PRICES) cannot be read: {error.strerror}. "
            f"Expected what a million tokens of each model cost in US dollars, in lines such as {_EXAMPLE}."
        ) from error
    except msgspec.MsgspecError as error:
        raise InputError(f"The price table {path} is wrong: {error}. Expected lines such as {_EXAMPLE}.") from error


def find_price(prices: Mapping[str, Price], model: str, path: Path) -> Price:
    """The model's; raises `InputError` where it has none, for nothing may be spent that was not counted."""
    found = prices.get(model)
    if found is None:
        raise InputError(
            f"No price is known for {model}. Write what a million tokens cost in US dollars into {path}, "
            f"such as {_EXAMPLE}; 0 for both if it is free."
        )
    return found
