"""Nothing that opens anything stands in the database file, in the log or in what is printed of records."""

from pathlib import Path

import pytest
from fakes.accounts_case import ADA, NOW, PASSWORD, mail_link

from triage.accounts.keys import authenticate, create_token
from triage.accounts.sign_in import redeem_link, sign_in_by_password
from triage.core.account import Scope, read_key
from triage.errors import SignInError
from triage.log import configure_logging
from triage.store.engine import Database


def read_files(folder: Path) -> bytes:
    """The database as it lies there, the write-ahead log included."""
    return b"".join(path.read_bytes() for path in folder.glob("triage.db*"))


async def test_no_secret_is_kept(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Digests and hashes are; the files are read byte by byte."""
    configure_logging("debug")
    link = read_key(await mail_link(database))
    assert link is not None
    unused = read_key(await mail_link(database))
    assert unused is not None
    session = await redeem_link(database, link.text, NOW)
    other = await sign_in_by_password(database, "ada@example.org", PASSWORD, NOW)
    token, _ = await create_token(database, ADA, "notebook", [Scope.READ], None, NOW)
    await authenticate(database, "token", token.text, NOW)
    with pytest.raises(SignInError) as refusal:
        await authenticate(database, "session", token.text, NOW)
    kept = read_files(tmp_path)
    told = "".join(capsys.readouterr()) + str(refusal.value)
    assert token.public.encode() in kept  # or we looked at the wrong files
    assert token.digest.encode() in kept
    for secret in (PASSWORD, *(key.secret for key in (link, unused, session, other, token))):
        assert secret.encode() not in kept
        assert secret not in told
