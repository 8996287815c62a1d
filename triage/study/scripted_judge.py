"""A judge without a model, for notebooks: it counts the rubric's words and wavers a little, by a script.

It is asked by the real client over HTTP on this machine, in a store of its own that is gone afterwards, so that nothing
made up comes near anybody's verdicts. What it says shows how an audit works, and nothing of any model.
"""

import math
import random
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from triage.adapters.fake_judge.script import MODEL, Brain
from triage.adapters.fake_judge.server import FakeJudge
from triage.bootstrap import open_services
from triage.core.prior import list_hits, read_words
from triage.core.question import Message
from triage.core.rubric import Topic
from triage.pipeline.judge import Docket, open_docket
from triage.store.embeddings import load_vectors, save_vectors, stack_vectors
from triage.store.papers import StoredPaper, select_papers
from triage.store.upsert import upsert_papers
from triage.study.opening import Study

_PAPER = re.compile(r"<paper\b.*</paper\b", re.DOTALL)  # as the prompt delimits it
_NONCE = re.compile(r"[0-9a-f]{16,}")
_BIAS, _SLOPE, _WAVER = -2.2, 1.3, 1.5  # log odds: of a paper without a word, for each word, and its spread


def is_scripted(judge: str) -> bool:
    """Whether a judge of that name is the script that ships and no model."""
    return judge.rpartition("/")[2].startswith(MODEL)


def waver(topic: Topic) -> Brain:
    """More words of the rubric, more likely yes; asked again of the same paper it says a little more, or less.

    The same questions in the same order get the same answers.
    """
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    def think(messages: Sequence[Message]) -> float:
        text = _NONCE.sub("", next(message.content for message in messages if message.role == "user"))
        found = _PAPER.search(text)
        paper = found[0] if found else text
        with lock:
            asked[paper] += 1
            random_ = random.Random(f"{asked[paper]} {paper}")
        logit = _BIAS + _SLOPE * len(list_hits(read_words("", paper), topic)) + random_.gauss(0, _WAVER)
        return 1 / (1 + math.exp(-logit))

    return think


@asynccontextmanager
async def open_scripted_docket(study: Study, topic: Topic, papers: Sequence[StoredPaper]) -> AsyncIterator[Docket]:
    """These papers of the study's week before the scripted judge, none of them judged yet; they must be embedded."""
    bench = study.bench
    async with bench.database.read() as session:
        vectors = stack_vectors(papers, await load_vectors(session, papers, bench.embedder.name))
    with FakeJudge(waver(topic)) as server, TemporaryDirectory(prefix="triage-audit-") as folder:
        changes = {
            "home": Path(folder),
            "database_url": None,
            "judge": server.url,
            "judge_model": MODEL,
            "judge_prices": None,
            "judge_key_name": "",
        }
        settings = study.services.settings.model_copy(update=changes)
        async with open_services(settings, study.services.clock, lambda: bench.embedder) as services:
            async with services.database.write() as session:
                await upsert_papers(session, [paper.paper for paper in papers], bench.now)
                copied = await select_papers(session, [paper.paper.arxiv_id for paper in papers])
                ordered = [copied[paper.paper.arxiv_id] for paper in papers]
                await save_vectors(session, ordered, bench.embedder.name, vectors)
            async with services.open_judge(study.rubric.judge) as desk:
                yield await open_docket(replace(bench, database=services.database), desk, topic, study.week, ordered)
