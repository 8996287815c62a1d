"""What a run of `benchmarks/judge_faults.py` meets: which faults and how often, in which form, within which limits."""

from random import Random

import msgspec

from triage.adapters.fake_judge.faults import FAULTS
from triage.adapters.fake_judge.faults_endpoint import SLOW
from triage.core.question import Form
from triage.store.calls import Limits

UNLIMITED = 1000.0
MIX = "mixed"
KINDS = (*FAULTS,)
_PATIENT, _HASTY = 10.0, 0.15  # seconds; the faults that take time take as much as they are given
_RATES = (0.1, 0.3, 0.6, 1.0)
_CALLS = (6, 15, 1000, 1000)
_BUDGETS = (0.008, 0.02, UNLIMITED, UNLIMITED)
_GRAVE = {"no_quota", "redirect", "wrong_key_400", "no_logprobs", *(f"status_{code}" for code in (401, 402, 403, 404))}


class Plan(msgspec.Struct, frozen=True):
    """What a run meets; it follows from seed and number alone."""

    number: int
    kind: str
    faults: tuple[str, ...]
    rate: float
    seed: int
    form: Form
    concurrency: int
    limits: Limits

    @property
    def patience(self) -> float:
        """Seconds for a call."""
        return _HASTY if SLOW.intersection(self.faults) else _PATIENT


def make_plan(seed: int, number: int) -> Plan:
    """One fault alone in every second run, all in turn; a mixture of up to eight in the others."""
    rng = Random(f"{seed} {number}")
    alone = None if number % 2 else KINDS[number // 2 % len(KINDS)]
    quick = [name for name in KINDS if name not in SLOW and name not in _GRAVE]
    rare = [name for name in KINDS if name in SLOW or name in _GRAVE]
    mixed = rng.sample(quick, rng.randint(2, 7)) + (rng.sample(rare, 1) if rng.random() < 0.2 else [])  # noqa: PLR2004
    form: Form = rng.choice(("fill", "yes-no"))
    return Plan(
        number=number,
        kind=alone or MIX,
        faults=(alone,) if alone else tuple(mixed),
        rate=rng.choice(_RATES),
        seed=seed + number,
        form=(FAULTS[alone].form or form) if alone else form,
        concurrency=rng.randint(1, 4),
        limits=Limits(rng.choice(_CALLS), rng.choice(_BUDGETS), UNLIMITED),
    )
