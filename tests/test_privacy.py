"""Privacy: pseudonyms, runs without quotes, and deleting a person: read back from every file of the run."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import SAMPLE
from hypothesis import given
from hypothesis import strategies as st

import partnersignal as ps
from partnersignal.errors import InputError, RunError
from partnersignal.messages import Party
from partnersignal.runs.appending import append
from partnersignal.runs.forgetting import forget
from partnersignal.runs.masks import MASK, mask_local_parts, mask_words, name_words
from partnersignal.runs.pseudonyms import Pseudonyms, name_digests, read_key
from partnersignal.runs.run import Run
from partnersignal.suppliers import Supplier, SupplierDirectory

KEY = Pseudonyms(b"0123456789abcdef")


def everything(folder: Path) -> str:
    """All that the files of a run say, tables decoded."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.append(path.read_bytes().decode("utf-8", "replace"))
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
            found += ["\n".join(sorted({str(cell) for cell in table[name].dropna()})) for name in table.columns]
    return "\n".join(found)


def people(run: Run) -> set[Party]:
    cells = pd.concat([run.messages.sender, run.messages.recipients]).dropna()
    return {Party.parse(each) for cell in cells for each in cell.split("; ")}


@pytest.fixture
def run(sample_run: Run, tmp_path: Path) -> Run:
    shutil.copytree(sample_run.folder, tmp_path / "run")
    return ps.open_run(tmp_path / "run")


texts = st.text(st.sampled_from("aAbZ1.@-_ +é\n李▒"), max_size=60)


@given(texts)
def test_masks_keep_every_offset(text: str) -> None:
    for masked in (mask_local_parts(text), mask_words(text, lambda word: word != "a")):
        assert len(masked) == len(text)
        assert all(a == b or b == MASK for a, b in zip(text, masked, strict=True))
        assert [a.isspace() for a in text] == [b.isspace() for b in masked]


def test_masks_hide_what_they_should() -> None:
    assert mask_local_parts("write to ann.lee@acme.com, please") == "write to ▒▒▒▒▒▒▒@acme.com, please"
    hidden = mask_words("Ann Lee will, and Will did. ann stays; Annabel too.", {"ann", "lee", "will"}.__contains__)
    assert hidden == "▒▒▒ ▒▒▒ will, and ▒▒▒▒ did. ann stays; Annabel too."
    assert name_words("Dr. J. O'Brien-Lee") == {"dr", "brien", "lee"}


def test_hostile_text_is_masked_in_linear_time() -> None:
    for text in ("a" * 500_000, "a@" * 250_000, "A." * 250_000, "@" * 500_000):
        assert len(mask_words(mask_local_parts(text), bool)) == len(text)


@given(st.emails().map(str.lower))
def test_pseudonyms_are_stable_and_keyed(address: str) -> None:
    party = KEY.party(Party("Ann Lee", address))
    assert party.domain == address.rpartition("@")[2] and party.name == ""
    assert KEY.party(party) == party, "a pseudonym of a pseudonym is itself"
    other = Pseudonyms(b"another key of 16")
    if party.address != address:
        assert re.fullmatch(r"person-[0-9a-f]{16}@.+", party.address)
        assert other.address(address) != party.address


def test_pseudonyms_are_hmac_sha256() -> None:
    """The value of RFC 4231, test case 2, as `openssl dgst -sha256 -hmac Jefe` gives it."""
    assert Pseudonyms(b"Jefe").digest("what do ya want for nothing?") == "5bdcc146bf60754e"


@pytest.mark.parametrize(
    ("content", "message"), [(b"short\n", "of 5 bytes, expected 16 or more"), (None, "which cannot be read")]
)
def test_a_key_that_is_none_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(InputError, match=rf"got the key file .*key.* {message}|got the key file .*key, {message}"):
        read_key(tmp_path / "key")


@pytest.fixture(scope="module")
def hidden_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("hidden")
    (folder / "key").write_bytes(KEY.key)
    return ps.score(
        SAMPLE / "export", suppliers=SAMPLE / "suppliers.toml", out=folder / "run", jobs=1, pseudonyms=folder / "key"
    )


def test_with_pseudonyms_no_file_names_a_person(sample_run: Run, hidden_run: Run) -> None:
    written = everything(hidden_run.folder)
    folded = written.casefold()
    bulk = {Party.parse(each).address for each in sample_run.messages.sender[sample_run.messages.bulk].dropna()}
    human = {Party.parse(each).address for each in sample_run.messages.sender[~sample_run.messages.bulk].dropna()}
    everyone = [party for party in people(sample_run) if KEY.address(party.address) != party.address]
    assert not [party.address for party in everyone if party.address in folded]
    named = [
        party for party in everyone if party.address in human | {"chase.holloway@vantagemeridian.example"} - (bulk - human)
    ]
    assert len(named) > 20
    for party in named:
        assert party.address not in folded
        if len(party.name.split()) > 1:
            assert party.name.casefold() not in folded, party.name
    words = {word for party in named for word in name_words(party.name)}
    organisations = name_words(" ".join(name for s in hidden_run.directory.suppliers for name in (s.name, *s.aliases)))
    domains = {word for party in named for word in name_words(party.domain)}
    left = {w for w in re.findall(r"(?<![^\W_])[A-Z][^\W_]*", "\n".join(hidden_run.messages.text)) if w.casefold() in words}
    assert {w.casefold() for w in left} <= organisations | domains
    assert KEY.key.decode() not in written


def test_pseudonyms_change_nothing_that_counts(sample_run: Run, hidden_run: Run) -> None:
    assert (hidden_run.folder / "index.csv").read_bytes() == (sample_run.folder / "index.csv").read_bytes()
    columns = [name for name in sample_run.tags.columns if name != "text"]
    pd.testing.assert_frame_equal(hidden_run.tags[columns], sample_run.tags[columns])
    assert tuple(hidden_run.conduct()) == tuple(sample_run.conduct())
    text = hidden_run.messages[hidden_run.messages.status != "duplicate"].set_index("message_id")["text"]
    assert all(text[tag.message_id][tag.start : tag.end] == tag.text for tag in hidden_run.tags.itertuples())


def test_only_names_of_people_are_hidden() -> None:
    rows = [
        ("Ann Lee <ann@acme.com>", "Bo Öz <bo@us.example>; Desk <support@acme.com>", False), ("The Power of Gas <x@acme.com>", "", False),
        ("New York Times <direct@nyt.com>", "", True), ("Cy Dean <cdean@acme.com>", "", True), ("jo.kim@acme.com", "Recipients/cn=flo", False),
        ("Acme Rocket <rocket@acme.com>", "the_market@acme.com", False),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["sender", "recipients", "bulk"])
    found = name_digests(KEY, [frame], SupplierDirectory((Supplier("Rocket Systems"),)))
    hidden = {"ann", "lee", "bo", "öz", "cy", "dean", "jo", "kim"}
    words = hidden | {"desk", "power", "gas", "new", "york", "times", "recipients", "acme", "rocket", "the", "flo", "market"}
    assert {word for word in words if KEY.digest(word) in found} == hidden and len(found) == len(hidden)


def notes(path: Path, *rows: dict) -> Path:
    common = {"to": "me@us.example", "date": "2025-01-06T10:00:00Z", "body": "We added capacity before you asked."}
    path.write_text("".join(json.dumps(common | {"message_id": f"{path.stem}{n}"} | row) + "\n" for n, row in enumerate(rows)))
    return path


def test_appended_mail_gets_the_same_pseudonyms(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY.key)
    (tmp_path / "other").write_bytes(b"a different key of the user")
    first = notes(tmp_path / "a.jsonl", {"from": "Ann Zeeman <ann@acme.com>"})
    second = notes(
        tmp_path / "b.jsonl",
        {"from": "Bo <bo@acme.com>", "body": "Ms Zeeman told me to look after it."},
        {"from": "ann@acme.com"},
    )
    out = tmp_path / "run"
    ps.score(first, out=out, ours=["us.example"], jobs=1, pseudonyms=tmp_path / "key")
    with pytest.raises(RunError, match="a run with another pseudonyms"):
        append(second, out=out, jobs=1)
    with pytest.raises(RunError, match="a run with another pseudonyms"):
        append(second, out=out, jobs=1, pseudonyms=tmp_path / "other")
    run = append(second, out=out, jobs=1, pseudonyms=tmp_path / "key")
    ann = KEY.address("ann@acme.com")
    assert run.messages.sender.tolist() == [ann, KEY.address("bo@acme.com"), ann]
    assert "Zeeman" not in everything(out) and "ann@acme.com" not in everything(out)


def test_without_quotes_no_file_holds_words_of_a_mail(sample_run: Run, tmp_path: Path) -> None:
    run = ps.score(SAMPLE / "export", suppliers=SAMPLE / "suppliers.toml", out=tmp_path / "run", jobs=1, quotes=False)
    written = everything(run.folder)
    lines = {line.strip() for text in [*sample_run.messages.text, *sample_run.messages.subject] for line in text.splitlines()}
    longer = [line for line in lines if len(line) >= 25 and " " in line]
    assert len(longer) > 1000
    assert [line for line in longer if line in written] == []
    assert (run.folder / "index.csv").read_bytes() == (sample_run.folder / "index.csv").read_bytes()
    tags = run.tags.drop(columns="text")
    pd.testing.assert_frame_equal(tags, sample_run.tags.drop(columns="text"))


PERSON, NAME = "chase.holloway@vantagemeridian.example", "Chase Holloway"


def test_a_forgotten_person_is_in_no_file(run: Run) -> None:
    assert PERSON in everything(run.folder).casefold() and NAME in everything(run.folder)
    sent = run.messages.sender.fillna("").str.contains(PERSON)
    theirs = set(run.messages.message_id[sent])
    lines = {s.strip() for text in run.messages.text[sent] for s in ps.new_text(text).splitlines() if len(s) > 60}
    quoted = "\n".join(run.messages.text[~sent])
    assert any(line in quoted for line in lines)
    tags, before = int(run.tags.message_id.isin(theirs).sum()), run.index["Vantage Meridian Cloud"].index
    prior = run.state["index"]["prior"]
    (run.folder / "sorting").mkdir()
    (run.folder / "sorting" / "spilt").write_text(f"{PERSON}, as a roll-up leaves it that was killed")
    done = forget(run, PERSON.upper())
    assert (done.messages, done.tags) == (int(sent.sum()), tags) and tags > 0
    assert done.recipient_of > 0 and done.mentioned_in > 0 and "Vantage Meridian Cloud" in done.index_changed
    written = everything(run.folder)
    for word in (PERSON, NAME, "Holloway, Chase"):
        assert word.casefold() not in written.casefold()
    assert lines and [line for line in lines if line in written] == [], "nor their words in the quotes of others"
    after = ps.open_run(run.folder)
    assert not set(after.messages.message_id) & theirs and not set(after.messages.thread_id) & theirs
    assert set(after.messages.thread_id) <= set(after.messages.message_id)
    assert after.index["Vantage Meridian Cloud"].index != before
    assert after.state["index"]["prior"] == prior
    receipt = after.receipt
    assert receipt["read"] == sum(receipt["messages"].values()) + receipt["unreadable"]["count"]
    assert receipt["forgotten"] == {"people": 1, "messages": len(theirs)}
    text = after.messages[after.messages.status != "duplicate"].set_index("message_id")["text"]
    assert all(text[tag.message_id][tag.start : tag.end] == tag.text for tag in after.tags.itertuples())
    for result in after.index:
        assert result.explain().total == pytest.approx(result.index - 50, abs=1e-9)


def test_one_of_ours_is_forgotten_as_recipient_and_corrector(run: Run) -> None:
    ours = Party("Helen Strand", "helen.strand@fernhollow.example")
    assert ours in people(run)
    kept = run.tags[
        ~run.tags.message_id.isin(run.messages.message_id[run.messages.sender.fillna("").str.contains(ours.address)])
    ].iloc[0]
    gone = run.messages[run.messages.sender.fillna("").str.contains(ours.address) & (run.messages.sentences > 0)].iloc[0]
    (run.folder / "corrections.csv").write_text(
        "message_id,sentence,signal,action,supplier,who,when\n"
        f"{kept.message_id},{kept.sentence},{kept.signal},strike,,{ours.name},\n{gone.message_id},0,upselling,strike,,someone,\n"
    )
    forget(ps.open_run(run.folder), ours.address)
    after = ps.open_run(run.folder)
    assert (
        ours.address not in everything(run.folder).casefold() and ours.name.casefold() not in everything(run.folder).casefold()
    )
    assert [c.message_id for c in after.corrections] == [kept.message_id]


def test_who_is_not_in_the_run_is_refused(run: Run) -> None:
    before = everything(run.folder)
    with pytest.raises(InputError, match=r"got nobody@acme\.com, which is no sender or recipient in the run"):
        forget(run, "nobody@acme.com")
    with pytest.raises(InputError, match=r"got 'Ann', expected an e-mail address"):
        forget(run, "Ann")
    assert everything(run.folder) == before


def test_a_forgotten_person_does_not_come_back_with_new_mail(tmp_path: Path) -> None:
    first = notes(tmp_path / "a.jsonl", {"from": "Ann Zeeman <ann@acme.com>"}, {"from": "bo@acme.com"})
    second = notes(tmp_path / "b.jsonl", {"from": "Ann Zeeman <ann@acme.com>"}, {"from": "bo@acme.com", "cc": "ann@acme.com"})
    out = tmp_path / "run"
    ps.score(first, out=out, ours=["us.example"], jobs=1)
    forget(ps.open_run(out), "ann@acme.com")
    run = append(second, out=out, jobs=1)
    assert run.messages.message_id.tolist() == ["a1", "b1"]
    assert "ann@acme.com" not in everything(out) and "Zeeman" not in everything(out)
    assert run.receipt["messages"]["forgotten"] == 2


def test_with_the_key_a_pseudonym_is_forgotten(hidden_run: Run, tmp_path: Path) -> None:
    shutil.copytree(hidden_run.folder, tmp_path / "run")
    run = ps.open_run(tmp_path / "run")
    with pytest.raises(InputError, match="which is no sender or recipient"):
        forget(run, PERSON)
    with pytest.raises(RunError, match="got another key than the run was made with"):
        forget(run, PERSON, Pseudonyms(b"another key of 16"))
    assert forget(run, PERSON, KEY).messages > 0
    assert KEY.address(PERSON) not in everything(run.folder)
