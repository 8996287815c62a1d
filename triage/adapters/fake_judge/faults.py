"""Every fault by name."""

from triage.adapters.fake_judge.alteration import Fault
from triage.adapters.fake_judge.faults_endpoint import ENDPOINT, WIRE
from triage.adapters.fake_judge.faults_model import FILLED, ODDS, SAID
from triage.core.question import Form

FAULTS: dict[str, Fault] = {**WIRE, **ENDPOINT, **SAID, **FILLED, **ODDS}


def list_faults(form: Form, *, heals: bool) -> list[str]:
    """Names of the faults that fit such a question, those that may pass or those that stand until a person acts."""
    return [name for name, fault in FAULTS.items() if fault.form in {None, form} and fault.heals == heals]
