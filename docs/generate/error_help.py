"""What to do about each error of the API, by its code."""

from typing import Final

HELP: Final = {  # code: when it comes, what to do
    "bad-input": (
        "A parameter, a field of the body, or the host name is not one that the address takes.",
        "Read `errors` and `detail`, mend the request; the same one fails again.",
    ),
    "not-signed-in": (
        "No key, no session, or one that is wrong, expired or revoked: which of them is not told.",
        "Send `Authorization: Bearer` and a key; make one on the page `/tokens` or with `triage user token`.",
    ),
    "not-allowed": (
        "The reader's role or the key's scopes do not include this, or another site's page asked.",
        "Use a key with the scope that `detail` names, or ask an admin for the role.",
    ),
    "not-found": (
        "There is no such address, paper, topic, week, list or mark, or it is another reader's.",
        "Check the spelling; `/api/v1/topics` and `/api/v1/weeks` list what there is.",
    ),
    "method-not-allowed": (
        "The address takes other methods.",
        "Use one that the header `Allow` lists.",
    ),
    "conflict": (
        "The change contradicts what is there.",
        "Read what is there, and decide anew; the same request fails again.",
    ),
    "too-large": (
        "The body is larger than 64 KiB.",
        "Send less in one request.",
    ),
    "too-many-requests": (
        "One address asked more often than `TRIAGE_RATE_LIMIT` allows, or tried to sign in too often.",
        "Wait the seconds that `Retry-After` names.",
    ),
    "failed": (
        "A fault of the server, or a setting of it that is wrong.",
        "Tell whoever runs it: the server's log says more.",
    ),
    "the-database-failed": (
        "The database cannot be used now, or is not at the schema of this program.",
        "Ask again later; `triage doctor` says why.",
    ),
    "busy": (
        "So much waits already that this was not begun.",
        "Wait the seconds that `Retry-After` names.",
    ),
    "the-mail-system-failed": (
        "A letter was needed, and the mail server would not take it.",
        "Ask again later; nothing was sent.",
    ),
}
