"""How well do rankers sort a week? Labels, the rankers people use today, the protocol, its report and picture."""
