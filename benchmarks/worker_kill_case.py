"""A PostgreSQL database that notes by itself what workers do in it: for worker_kills.py.

Triggers write a line for every row that is really inserted, changed or deleted where effects are kept, and for every
state of every job with the name of the connection that set it. What the program says of itself is not asked.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import LiteralString

import msgspec
import psycopg
from fakes.postgres_case import to_psycopg
from psycopg.rows import class_row

from benchmarks.worker_kill_verdict import Change
from triage.core.paper import Paper
from triage.store.engine import Database
from triage.store.upsert import upsert_papers

_BATCH = 1_000
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_PER_MONTH = 90_000  # ids of a month end at 99999
_WORDS = ("agents", "answers", "clicks", "dense", "items", "model", "queries", "recall", "retrieval", "tools", "users")
_WATCH: LiteralString = """
CREATE UNLOGGED TABLE noted_effects (number BIGSERIAL, verb TEXT NOT NULL, effect TEXT NOT NULL);
CREATE UNLOGGED TABLE noted_states (
    number BIGSERIAL, key TEXT NOT NULL, state TEXT NOT NULL,
    by TEXT NOT NULL DEFAULT coalesce(current_setting('triage.life', true), ''),
    at DOUBLE PRECISION NOT NULL DEFAULT EXTRACT(EPOCH FROM clock_timestamp())
);
CREATE FUNCTION note_effect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO noted_effects (verb, effect) SELECT TG_OP, TG_TABLE_NAME || ' ' || string_agg(value, ' ' ORDER BY place)
    FROM (
        SELECT place, to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END) ->> name AS value
        FROM unnest(TG_ARGV) WITH ORDINALITY AS named (name, place)
    ) AS key;
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON embeddings FOR EACH ROW
    EXECUTE FUNCTION note_effect('paper_id', 'embedder', 'content_hash');
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON scores FOR EACH ROW
    EXECUTE FUNCTION note_effect('paper_id', 'topic', 'fingerprint', 'scorer', 'content_hash');
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON shortlists FOR EACH ROW
    EXECUTE FUNCTION note_effect('topic', 'week');
CREATE FUNCTION note_state() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO noted_states (key, state) VALUES (OLD.key, 'gone');
    ELSE
        INSERT INTO noted_states (key, state) VALUES (NEW.key, NEW.status);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR DELETE ON saq_jobs FOR EACH ROW EXECUTE FUNCTION note_state();
CREATE TRIGGER note_update AFTER UPDATE ON saq_jobs FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_state();
"""
_OPEN: LiteralString = "SELECT count(*) FROM saq_jobs WHERE status NOT IN ('complete', 'failed', 'aborted')"
_STATES: LiteralString = "SELECT key, state, by, at FROM noted_states ORDER BY number"
_EFFECTS: LiteralString = "SELECT effect, verb, count(*) FROM noted_effects GROUP BY effect, verb ORDER BY effect, verb"
_EMBEDDINGS: LiteralString = """
SELECT 'embeddings ' || concat_ws(' ', papers.id, %(embedder)s::text, papers.content_hash), count(embeddings.id)
FROM papers LEFT JOIN embeddings
    ON papers.id = paper_id AND papers.content_hash = embeddings.content_hash AND embedder = %(embedder)s
GROUP BY papers.id ORDER BY papers.id
"""
_CONNECTIONS: LiteralString = """
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class Watch:
    """Our own connection to a database, whose program has made its tables and its queue; it outlives all workers."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(to_psycopg(url), autocommit=True)
        self._connection.execute(_WATCH)

    def reset(self) -> None:
        """Forget all effects, jobs and notes; the papers stay."""
        self._connection.execute(
            "TRUNCATE embeddings, scores, shortlist_entries, shortlists, runs, saq_jobs, saq_stats; "
            "TRUNCATE noted_effects, noted_states RESTART IDENTITY"
        )

    def change_rules(self, **rules: int) -> None:
        """Give all jobs that wait other rules, such as `timeout`, in seconds."""
        self._connection.execute(
            "UPDATE saq_jobs SET job = convert_to((convert_from(job, 'UTF8')::jsonb || %s::jsonb)::text, 'UTF8')",
            [msgspec.json.encode(rules).decode()],
        )

    def read_rule(self, name: str) -> float:
        """The largest value among all jobs, SAQ's own where a job says nothing; 0: none."""
        query: LiteralString = (
            "SELECT coalesce(max(coalesce((convert_from(job, 'UTF8')::jsonb ->> %s)::float, %s)), 0) FROM saq_jobs"
        )
        return self._number(query, [name, {"timeout": 10, "retries": 1}.get(name, 0)])

    def list_jobs(self) -> list[str]:
        """Every key."""
        return [key for (key,) in self._connection.execute("SELECT key FROM saq_jobs ORDER BY key")]

    def count_open(self) -> int:
        """Jobs that wait or are held."""
        return int(self._number(_OPEN))

    def count_finished(self) -> int:
        """Jobs that ended well, also those whose row is gone."""
        return int(self._number("SELECT count(DISTINCT key) FROM noted_states WHERE state IN ('complete', 'gone')"))

    def read_changes(self) -> list[Change]:
        """Every state of every job, in order."""
        with self._connection.cursor(row_factory=class_row(Change)) as cursor:
            return cursor.execute(_STATES).fetchall()

    def read_effects(self) -> dict[str, Counter[str]]:
        """What was really done, by natural key: how often its row was inserted, changed and deleted."""
        effects: dict[str, Counter[str]] = {}
        for effect, verb, count in self._connection.execute(_EFFECTS):
            effects.setdefault(effect, Counter())[verb] = count
        return effects

    def read_embeddings(self, embedder: str) -> dict[str, int]:
        """For the present text of every paper, named as in `read_effects`, how many vectors it has now."""
        return dict(self._connection.execute(_EMBEDDINGS, {"embedder": embedder}).fetchall())

    def list_connections(self) -> list[str]:
        """Names of all connections but ours to this database."""
        return [name or "without a name" for (name,) in self._connection.execute(_CONNECTIONS)]

    def execute(self, statement: LiteralString) -> None:
        """Do harm, to show that it is noticed."""
        self._connection.execute(statement)

    def close(self) -> None:
        """Leave the server."""
        self._connection.close()

    def _number(self, query: LiteralString, values: Sequence[str | float] = ()) -> float:
        row = self._connection.execute(query, values).fetchone()
        return float(row[0]) if row else 0.0


def make_papers(count: int, seed: int) -> Iterator[Paper]:
    """Made-up papers of 2026, all texts different."""
    rng = Random(seed)
    for number in range(count):
        month, place = divmod(number, _PER_MONTH)
        yield Paper(
            arxiv_id=f"26{1 + month:02d}.{1 + place:05d}",
            version=1,
            title=f"On {rng.choice(_WORDS)} and {rng.choice(_WORDS)} {number}",
            abstract=f"We study {' '.join(rng.choices(_WORDS, k=20))}.",
            categories=("cs.IR",),
            announced=date(2026, 1, 5) + timedelta(weeks=number % 40),
            source="made up",
        )


def fill(url: str, count: int, seed: int) -> None:
    """Put so many papers into a database."""

    async def insert() -> None:
        database = Database(url)
        papers = make_papers(count, seed)
        while batch := list(islice(papers, _BATCH)):
            async with database.write() as session:
                await upsert_papers(session, batch, _NOW)
        await database.close()

    asyncio.run(insert())
