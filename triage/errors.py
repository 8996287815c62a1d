"""Every failure a user can meet, as a sentence that says what to do, with the exit code it ends in."""


def tell_install(extra: str) -> str:
    """The command that adds an extra, by path: the name `triage` is another program's on the package index."""
    return f"pip install '.[{extra}]' in the folder that Triage was cloned into"


class TriageError(Exception):
    """The work failed for a reason outside the user's input; `triage` exits with 1."""

    exit_code = 1


class InputError(TriageError):
    """The user's input is wrong and nothing was changed; `triage` exits with 2."""

    exit_code = 2


class RubricError(InputError):
    """The rubric file is wrong; the message names file, line, field and what was expected."""


class NotFoundError(InputError):
    """There is no such thing, or it is another reader's: nobody is told which."""


class ConflictError(InputError):
    """The change contradicts what is there, such as a second reader of the same name."""


class UnknownTopicError(NotFoundError):
    """No topic of that name stands in the rubric."""


class UnknownPaperError(NotFoundError):
    """The store has no paper with that arXiv id."""


class SourceError(TriageError):
    """A source of papers failed or gave an answer that cannot be believed; nothing was taken for an empty week."""


class SourceStoppedError(SourceError):
    """A source forbade us to ask on (HTTP 403); nobody asks until a person clears it."""


class ModelError(TriageError):
    """Model weights are missing or not the ones they should be."""


class JudgeError(TriageError):
    """A language model gave no answer this time; `retry_after` is how many seconds it asked to wait, if it did.

    `is_free`: it refused by a status of its own, which nobody bills; otherwise the call may have been paid.
    """

    def __init__(self, message: str, retry_after: float | None = None, *, is_free: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.is_free = is_free


class JudgeStoppedError(TriageError):
    """A language model will not answer until a person has seen to it: key, money or model name."""


class SignInError(TriageError):
    """Who asks could not be told; the message is the same for unknown, wrong, expired and revoked."""


class LimitError(TriageError):
    """Too much was tried in a short time; the same works later."""


class BusyError(TriageError):
    """So much waits already that this was not begun; `retry_after` is how many seconds to wait."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MailError(TriageError):
    """The mail system cannot be reached or will not talk to us: nothing was sent, and later everything may be."""


class StaleStoreError(TriageError):
    """The database is older than the log of what was sent from it: sending on could send things twice."""


class StoreError(TriageError):
    """The database cannot be used: not writable, damaged, or newer than this program."""
