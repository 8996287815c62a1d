"""What an index of vectors finds, and how far it has come with a database."""

import msgspec


class Neighbour(msgspec.Struct, frozen=True):
    """A paper's key in the store and the cosine of its vector with the one asked for."""

    key: int
    cosine: float


class IndexMark(msgspec.Struct, frozen=True):
    """What of a database an index holds: everything up to a vector's and a change's number.

    `count` vectors, also of other embedders and old texts, had a number up to `newest`, `settled` of them one so far
    below that those who catch up do not read them again; `fingerprint` tells their database from others.
    """

    newest: int
    changes: int
    count: int
    settled: int
    fingerprint: str

    def is_part_of(self, found: "IndexMark") -> bool:
        """Whether the database, as marked now up to the same numbers, has all of it, and perhaps some that came late.

        Not if one came so late that those who catch up would miss it.
        """
        is_same = (self.newest, self.settled, self.fingerprint) == (found.newest, found.settled, found.fingerprint)
        return is_same and self.count <= found.count
