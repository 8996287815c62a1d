"""Searches as readers type them, for a store of any papers: ids, names, titles, phrases, questions."""

from collections.abc import Sequence
from random import Random

from triage.core.paper import Paper

_ASKED = (
    "generative recommendation with semantic ids",
    "how good are language models as judges",
    "agents that use a web browser",
    "benchmark for coding agents",
    "retrieval augmented generation for long documents",
    "cold start users in sequential recommendation",
    "does chain of thought help small models",
    "scaling laws for recommenders",
    "prompt injection against tool using agents",
    "what makes a good reward model",
    "diffusion models for text",
    "multi agent debate",
    "click through rate prediction with long histories",
    "memory of long running assistants",
    "evaluate agents in simulated companies",
    "unlearning",
    "speculative decoding",
    "fairness of rankings for providers",
    "reproducibility of large evaluations",
    "graph neural networks for fraud",
    "low resource machine translation",
    "tool calls with the wrong arguments",
    "federated fine tuning on phones",
    "explain why this paper was recommended",
    "LLM",
    "recsys",
    "tau-bench",
    "SWE-bench verified",
    "item tokenization",
    "user simulators",
)
_LONGEST = 290
_ALL = ("id", "name", "family name", "title", "phrase", "beginning", "asked")


def write_queries(papers: Sequence[Paper], count: int) -> list[str]:
    """`count` queries, as many of each kind, the same for the same papers."""
    rng = Random(1)
    return [_write(_ALL[number % len(_ALL)], rng.choice(papers), rng) for number in range(count)]


def _write(kind: str, paper: Paper, rng: Random) -> str:
    words = paper.title.split()
    name = rng.choice(paper.authors or ("Ada Example",))
    written = {
        "id": paper.arxiv_id,
        "name": name,
        "family name": name.split()[-1],
        "title": paper.title[:_LONGEST],
        "phrase": '"{}"'.format(" ".join(words[:3]).replace('"', "")),
        "beginning": " ".join(words[1:4])[:-1] or words[0],
        "asked": rng.choice(_ASKED),
    }
    return written[kind]
