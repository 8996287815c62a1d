"""What a judge said of papers that readers know, and what it says when it is asked again."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.bands import order_at_random
from triage.core.rubric import Topic, judge_fingerprint
from triage.core.verdict import Verdict
from triage.core.week import parse_week
from triage.core.wording import embed_lines
from triage.errors import InputError
from triage.evaluation.audit import hear_cases
from triage.evaluation.audit_cases import Case as Asked
from triage.evaluation.audit_measures import Consistency, compare_repeats
from triage.evaluation.labels import read_judgements
from triage.pipeline.embed import embed_papers
from triage.pipeline.judge import Docket, judge_docket, load_judged, open_docket
from triage.pipeline.score import score_cheaply
from triage.pipeline.shortlist import select_papers_of
from triage.store.adjudications import list_adjudications
from triage.store.ballots import load_ballots
from triage.store.embeddings import load_vectors
from triage.store.papers import StoredPaper, count_weeks
from triage.store.verdicts import choose_key, load_verdicts
from triage.study.judge_agreement import Case, Disagreement, explain_disagreements, read_label
from triage.study.opening import Study
from triage.study.scripted_judge import is_scripted, open_scripted_docket


class Repeats(msgspec.Struct, frozen=True):
    """Log odds of relevance by arXiv id, one for each time that the judge was asked, and how alike the answers are."""

    answers: dict[str, tuple[float, ...]]
    consistency: Consistency


class _Readers(msgspec.Struct, frozen=True):
    """What is known of papers by arXiv id: the label that counts, and what it was made from."""

    labels: Mapping[str, int]
    ballots: Mapping[str, Mapping[str, int]]
    grades: Mapping[str, int]


class _Heard(msgspec.Struct, frozen=True):
    """A judge's verdicts by arXiv id."""

    judge: str
    form: str
    verdicts: Mapping[str, Verdict]
    repeats: Repeats | None


class JudgeStudy(msgspec.Struct, frozen=True, eq=False):
    """One judge on one topic. `cases` are its verdicts on labelled papers; `repeats` is None where it was not asked.

    `judged` counts its verdicts, with and without a label.
    """

    topic: Topic
    judge: str
    form: str
    judged: int
    labels: str
    cases: tuple[Case, ...]
    disagreements: tuple[Disagreement, ...]
    repeats: Repeats | None

    @property
    def is_scripted(self) -> bool:
        """Whether no model was asked."""
        return is_scripted(self.judge)

    @property
    def has_certain_labels(self) -> bool:
        """Whether readers said yes or no of any paper, so that another line can be measured."""
        return any(case.label for case in self.cases)

    def __str__(self) -> str:
        if self.is_scripted:
            first = (
                "The judge is the SCRIPTED one: it counts words of the rubric and wavers at random. The numbers below "
                "show the method, and say nothing of any model."
            )
        else:
            first = (
                f"The judge is {self.judge}, asked {'yes or no' if self.form == 'yes-no' else 'to fill the rubric'}."
            )
        counted = f"{self.topic.title}: {self.judged} verdicts, {len(self.cases)} of them on papers with {self.labels}."
        return f"{first}\n{counted}"

    def __repr__(self) -> str:
        return str(self)


async def audit_judge(
    study: Study, topic: Topic, *, sample: int = 40, repeated: int = 12, times: int = 4, ask_again: bool = False
) -> JudgeStudy:
    """Read the verdicts that the store holds; where there are none, ask the scripted judge about `sample` papers.

    `repeated` of the papers are asked about so many `times`: by the scripted judge always, by one of the settings only
    if `ask_again`, which costs calls. Raises `InputError` where no judged paper has a vote or a judgement.
    """
    readers = await _load_readers(study, topic)
    papers = await _list_papers(study)
    found = await _load_verdicts(study, topic, papers)
    if found is not None:
        heard = msgspec.structs.replace(
            found, repeats=await _ask_again(study, topic, repeated, times) if ask_again else None
        )
        return await _put_together(study, topic, heard, papers, readers)
    chosen = await _choose_sample(
        study, topic, [each for each in papers if each.paper.arxiv_id in readers.labels], sample
    )
    async with open_scripted_docket(study, topic, chosen) as docket:
        await judge_docket(docket, first=len(chosen))
        said = {docket.papers[key].paper.arxiv_id: each.verdict for key, each in (await load_judged(docket)).items()}
        verdicts = {arxiv_id: verdict for arxiv_id, verdict in said.items() if verdict is not None}
        heard = _Heard(docket.key.judge, docket.key.form, verdicts, await repeat(docket, repeated, times))
    return await _put_together(study, topic, heard, chosen, readers)


async def repeat(docket: Docket, papers: int, times: int) -> Repeats:
    """Ask about some of its papers, from the first to the last by the cheap score, so many times, past kept answers."""
    everyone = list(docket.papers.values())
    step = max(1, len(everyone) // papers)
    chosen = everyone[::step][:papers]
    cases = [Asked("repeat", paper, number) for number in range(times) for paper in chosen]
    heard, _ = await hear_cases(docket, cases)
    rounds: list[dict[int, Verdict]] = [{} for _ in range(times)]
    for number, each in heard.items():
        if each.verdict is not None:
            rounds[cases[number].round][cases[number].paper.key] = each.verdict
    answers = {
        paper.paper.arxiv_id: tuple(said[paper.key].relevance for said in rounds if paper.key in said)
        for paper in chosen
    }
    return Repeats({name: told for name, told in answers.items() if told}, compare_repeats(rounds))


async def _ask_again(study: Study, topic: Topic, papers: int, times: int) -> Repeats:
    """The judge of the settings, within the rubric's budget; raises `InputError` where there is none."""
    everyone = await study.list_papers()
    async with study.services.open_judge(study.rubric.judge) as desk:
        docket = await open_docket(study.bench, desk, topic, study.week, everyone)
        judged = await load_judged(docket)
        kept = {key: paper for key, paper in docket.papers.items() if key in judged}
        return await repeat(msgspec.structs.replace(docket, papers=kept), papers, times)


async def _load_readers(study: Study, topic: Topic) -> _Readers:
    grades: dict[str, int] = {}
    if study.judgements:
        for by_id in read_judgements(study.judgements).get(topic.name, {}).values():
            grades |= by_id
    async with study.services.database.read() as session:
        ballots = await load_ballots(session, topic.name)
        settled = {arxiv_id: each.value for arxiv_id, each in (await list_adjudications(session, topic.name)).items()}
    everyone = {*grades, *ballots, *settled}
    labels = {
        arxiv_id: label
        for arxiv_id in everyone
        if (label := read_label(ballots.get(arxiv_id, {}), settled.get(arxiv_id), grades.get(arxiv_id))) is not None
    }
    return _Readers(labels, ballots, grades)


async def _list_papers(study: Study) -> list[StoredPaper]:
    """Of the study's week and of the judged ones that the store has, embedded."""
    judged = read_judgements(study.judgements) if study.judgements else {}
    async with study.services.database.read() as session:
        held = await count_weeks(session)
    weeks = sorted({week for by_week in judged.values() for week in by_week if week in held} | {str(study.week)})
    papers = [paper for week in weeks for paper in await select_papers_of(study.bench, parse_week(week))]
    await embed_papers(study.bench.database, study.bench.embedder, papers)
    return papers


async def _load_verdicts(study: Study, topic: Topic, papers: Sequence[StoredPaper]) -> _Heard | None:
    """Of the judge that judged most of the papers; None where none did."""
    async with study.services.database.read() as session:
        key = await choose_key(session, papers, topic.name, judge_fingerprint(study.rubric, topic.name))
        if key is None:
            return None
        stored = await load_verdicts(session, papers, key)
    ids = {paper.key: paper.paper.arxiv_id for paper in papers}
    verdicts = {ids[paper]: each.verdict for paper, each in stored.items() if each.verdict is not None}
    return _Heard(key.judge, key.form, verdicts, None) if verdicts else None


async def _choose_sample(study: Study, topic: Topic, labelled: Sequence[StoredPaper], count: int) -> list[StoredPaper]:
    """Half of them the best by the cheap score, half drawn from the rest, as a judge meets them."""
    if not labelled:
        raise InputError(
            f"No paper of {study.week} has a vote or a judgement for {topic.name}, so none can be compared. "
            "Vote on some (triage vote), give judgements of the week, or name another week or topic_name."
        )
    scored, _ = await score_cheaply(study.bench, topic, study.week, labelled)
    order = sorted(labelled, key=lambda paper: (-scored.scores[paper.key].value, paper.paper.arxiv_id))
    rest = {paper.paper.arxiv_id: paper for paper in order[count // 2 :]}
    drawn = order_at_random(rest, f"{topic.name} {study.week} sample")[: count - count // 2]
    return [*order[: count // 2], *(rest[arxiv_id] for arxiv_id in drawn)]


async def _put_together(
    study: Study, topic: Topic, heard: _Heard, papers: Sequence[StoredPaper], readers: _Readers
) -> JudgeStudy:
    known = [each for each in papers if each.paper.arxiv_id in heard.verdicts and each.paper.arxiv_id in readers.labels]
    if not known:
        raise InputError(
            f"No paper that {heard.judge} judged for {topic.name} has a vote or a judgement: vote on some."
        )
    async with study.services.database.read() as session:
        vectors = await load_vectors(session, known, study.bench.embedder.name)
    cases = tuple(_to_case(each, heard, readers, vectors[each.key]) for each in known)
    return JudgeStudy(
        topic=topic,
        judge=heard.judge,
        form=heard.form,
        judged=len(heard.verdicts),
        labels="votes or judgements"
        if readers.ballots and readers.grades
        else "votes"
        if readers.ballots
        else "judgements",
        cases=cases,
        disagreements=tuple(explain_disagreements(cases, topic, embed_lines(topic, study.bench.embedder.embed))),
        repeats=heard.repeats,
    )


def _to_case(paper: StoredPaper, heard: _Heard, readers: _Readers, vector: NDArray[np.float32]) -> Case:
    arxiv_id = paper.paper.arxiv_id
    votes = readers.ballots.get(arxiv_id, {})
    return Case(
        paper=paper.paper,
        verdict=heard.verdicts[arxiv_id],
        label=readers.labels[arxiv_id],
        votes=tuple(votes[reader] for reader in sorted(votes)),
        grade=readers.grades.get(arxiv_id),
        vector=vector,
    )
