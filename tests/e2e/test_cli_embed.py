from fakes.cli_case import SAMPLE_WEEK, Home


def test_everything_is_embedded_once(sample_home: Home) -> None:
    """Papers of all weeks get vectors, and a second time there is nothing to do."""
    (report,) = sample_home.do("embed", "--all", "--json").json
    assert (report["step"], report["week"], report["done"]) == ("embed", None, 85)
    assert sample_home.query("SELECT count(*) FROM embeddings") == [(85,)]
    assert sample_home.do("embed", "--all", "--json").json[0]["done"] == 0
    assert sample_home.do("embed", "--week", SAMPLE_WEEK, "--json").json[0]["done"] == 0


def test_what_to_embed_must_be_said_once(sample_home: Home) -> None:
    """Neither a week nor everything, or both, is bad input."""
    for options in ((), ("--all", "--week", SAMPLE_WEEK)):
        assert "either --week WEEK or --all" in sample_home.refuse("embed", *options)
