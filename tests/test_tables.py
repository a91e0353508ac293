"""Tables of messages: CSV, JSON Lines, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnersignal.errors import InputError
from partnersignal.messages import Message, Party, Unreadable
from partnersignal.reading import Shard, csv_file, open_export, tables

HEAD = "message_id,thread_id,from,to,cc,date,subject,body"
ROW = '<1@x>,T1,Ann <ann@acme.example>,"bob@ours.example; carl@ours.example",dan@ours.example,2024-03-05T08:12:00Z,Disk,We added capacity.'


def read(path: Path, data: str | bytes, **mapping: str) -> list[Message | Unreadable]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(open_export(path, columns=mapping or None))


def bodies(path: Path, data: str | bytes, **mapping: str) -> list[str]:
    return [item.text if isinstance(item, Message) else f"unreadable: {item.reason}" for item in read(path, data, **mapping)]


def test_the_columns_of_the_contract(tmp_path: Path) -> None:
    (message,) = read(tmp_path / "a.csv", f"{HEAD}\n{ROW}\n")
    assert isinstance(message, Message)
    assert (message.message_id, message.thread_id, message.subject, message.text) == ("1@x", "T1", "Disk", "We added capacity.")
    assert message.sender == Party("Ann", "ann@acme.example")
    assert [party.address for party in message.recipients] == ["bob@ours.example", "carl@ours.example", "dan@ours.example"]
    assert (message.date, message.date_quality) == (datetime(2024, 3, 5, 8, 12, tzinfo=UTC), "ok")
    assert message.source == "a.csv:2"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_dialects(tmp_path: Path, delimiter: str, encoding: str, end: str) -> None:
    lines = ["from;subject;body", 'ann@x.example;Größe;"Grüße; a, b"', "eve@x.example;Zwei;Später"]
    text = end.join(lines).replace(";", delimiter) + end
    first, second = read(tmp_path / "a.csv", text.encode(encoding))
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert (first.subject, first.text) == ("Größe", f"Grüße{delimiter} a, b")
    assert (second.sender, second.text) == (Party("", "eve@x.example"), "Später")


def test_umlauts_at_the_cut_of_the_probe(tmp_path: Path) -> None:
    """The first 64 KiB may end inside a character."""
    for shift in range(2):
        text = "grüße,body\n" + "x" * shift + ",ü" * 1 + "ü" * 40_000 + "\n"
        (message,) = read(tmp_path / "a.csv", text, subject="grüße")
        assert isinstance(message, Message)
        assert (message.subject, message.replaced) == ("x" * shift, 0)


def test_line_breaks_and_quotes_inside_a_cell(tmp_path: Path) -> None:
    assert bodies(tmp_path / "a.csv", 'from,body\nann@x.example,"One ""quoted"".\n\nTwo,\nthree."\nb@x.example,Four.\n') == [
        'One "quoted".\n\nTwo,\nthree.',
        "Four.",
    ]


def test_wrong_cell_counts_cost_only_their_rows(tmp_path: Path) -> None:
    assert bodies(tmp_path / "a.csv", "from,body\na@x,One.\na@x,Two, three.\nalone\n\na@x,Four.\n") == [
        "One.",
        "unreadable: got 3 cells, expected 2",
        "unreadable: got 1 cells, expected 2",
        "Four.",
    ]


def test_empty_row(tmp_path: Path) -> None:
    assert bodies(tmp_path / "a.csv", "from,body\n,\na@x,One.\n") == ["unreadable: the row is empty", "One."]


def test_nul_bytes(tmp_path: Path) -> None:
    assert bodies(tmp_path / "a.csv", b"from,body\na@x,On\x00e.\n") == ["One."]


@pytest.mark.parametrize(("field", "names"), [(field, names) for field, names in tables.ALIASES.items() if field != "body"])
def test_aliases(field: str, names: tuple[str, ...]) -> None:
    for name in names:
        for written in (name, name.upper(), name.replace("_", " ").title(), name.replace("_", "-")):
            assert tables.columns(["body", written], "a.csv")[field] == written


def test_the_name_of_the_contract_wins_over_an_alias() -> None:
    assert tables.columns(["sender", "from", "text", "body"], "a.csv") == {"from": "from", "body": "body"}


def test_mapping(tmp_path: Path) -> None:
    (message,) = read(tmp_path / "a.csv", "Wer,Was,body\nann@x.example,Neu.,Alt.\n", **{"from": "Wer", "body": "Was"})
    assert isinstance(message, Message)
    assert (message.sender, message.text) == (Party("", "ann@x.example"), "Neu.")


@pytest.mark.parametrize(
    ("mapping", "error"),
    [
        ({"body": "Was"}, r"got the column mapping body=Was, expected a field of message_id, .* and a column of from, body$"),
        (
            {"author": "from"},
            r"got the column mapping author=from, expected a field of message_id, .* and a column of from, body$",
        ),
    ],
)
def test_mapping_of_what_is_not_there(mapping: dict[str, str], error: str) -> None:
    with pytest.raises(InputError, match=error):
        tables.columns(["from", "body"], "a.csv", mapping)


def test_html_bodies_become_text(tmp_path: Path) -> None:
    assert bodies(tmp_path / "a.csv", "from,body,body_html\na,<p>One.</p>,\nb,,<div>Two.</div>\nc,1 < 2 <p>,\n") == [
        "One.",
        "Two.",
        "1 < 2 <p>",
    ]


def test_rows_without_identity_get_a_stable_key(tmp_path: Path) -> None:
    first, second, third = read(tmp_path / "a.csv", "from,body\na@x,One.\na@x,One.\na@x,Two.\n")
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert isinstance(third, Message)
    assert first.message_id == second.message_id != third.message_id
    assert first.message_id.startswith("sha256:")


def test_notes_in_a_table(tmp_path: Path) -> None:
    (message,) = read(tmp_path / "a.csv", "kind,body\nmeeting_notes,We met.\n")
    assert isinstance(message, Message)
    assert message.kind == "meeting_notes"


def lines(*rows: Any) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def test_json_lines(tmp_path: Path) -> None:
    data = lines(
        {"from": "ann@x.example", "to": ["bob@x.example", "carl@x.example"], "body": "Grüße\nzwei"},
        {"text": "Other names.", "extra": None},
    )
    first, second = read(tmp_path / "a.jsonl", data)
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert (first.text, [party.address for party in first.recipients]) == ("Grüße\nzwei", ["bob@x.example", "carl@x.example"])
    assert (second.text, second.source) == ("Other names.", f"a.jsonl:{data.index(chr(10)) + 1}")


def test_unreadable_json_lines_cost_only_themselves(tmp_path: Path) -> None:
    rows = lines({"body": "One."}, "{broken", "[1]", "", {"subject": "no text"}, "[" * 100_000, "9" * 5_000, {"body": "Two."})
    assert bodies(tmp_path / "a.jsonl", rows) == [
        "One.",
        "unreadable: the line is not JSON",
        "unreadable: got a JSON list, expected an object",
        "unreadable: got the fields subject, expected one named body",
        "unreadable: the line is not JSON",
        "unreadable: the line is not JSON",
        "Two.",
    ]


def test_json_rows_may_leave_mapped_fields_out(tmp_path: Path) -> None:
    rows = lines({"note": "One.", "betreff": "S"}, {"note": "Two."})
    assert bodies(tmp_path / "a.jsonl", rows, body="note", subject="betreff") == ["One.", "Two."]


def test_lone_surrogates_never_reach_the_run(tmp_path: Path) -> None:
    names = ["message_id", "thread_id", "from", "to", "subject", "body", "in_reply_to", "references"]
    (message,) = read(tmp_path / "a.jsonl", "{" + ", ".join(f'"{name}": "a\\ud800@x.example"' for name in names) + "}\n")
    assert isinstance(message, Message)
    assert message.sender is not None
    shown = [message.message_id, message.thread_id, message.subject, message.text, message.in_reply_to, *message.references]
    for text in [*shown, message.sender.address, message.recipients[0].address]:
        assert text == "a\ufffd@x.example"


@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_json_shards_cover_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(tables, "SHARD_BYTES", size)
    rows = lines(*({"body": f"Body {n}."} for n in range(60)))
    assert bodies(tmp_path / "a.jsonl", rows) == [f"Body {n}." for n in range(60)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    ("size", "cuts"),
    [(1, [(1, 3), (4, 1), (5, 1), (6, 1), (7, 2), (9, 1), (10, 1), (11, 0)]), (60, [(1, 9), (10, 1)])],
)
def test_csv_shards_end_where_rows_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, cuts: list[tuple[int, int]], encoding: str, end: str
) -> None:
    monkeypatch.setattr(csv_file, "SHARD_BYTES", size)
    rows = [
        '"from",body',
        'ü@x,"One,',
        "",
        '""two"".",',
        'b@x,Thr"ee.',
        "alone",
        "",
        'c@x,"',
        'Four."',
        "d@x,Five." + "x" * 300,
        'e@x,"Six',
    ]
    (tmp_path / "a.csv").write_bytes(end.join(rows).encode(encoding))
    export = open_export(tmp_path / "a.csv")
    assert [shard.lines for shard in export.shards] == cuts
    assert [(item.source, item.text if isinstance(item, Message) else item.reason) for item in export] == [
        ("a.csv:4", "got 3 cells, expected 2"),
        ("a.csv:5", 'Thr"ee.'),
        ("a.csv:6", "got 1 cells, expected 2"),
        ("a.csv:9", "Four."),
        ("a.csv:10", "Five." + "x" * 300),
        ("a.csv:11", "Six"),
    ]


PIECES = [
    b"a,b", b"\xc3\xbc", b"\xe2\x82", b"\x81", b"\x00", b'"', b'""', b",", b";", b"\n", b"\r", b"\r\n", b"\n1@x,One.\n", b"x" * 70,
]  # fmt: skip


@pytest.fixture
def field_limit() -> Iterator[None]:
    """Put back what is process-wide, for the tests after those that read with a small limit."""
    limit = csv.field_size_limit()
    yield
    csv.field_size_limit(limit)


@pytest.mark.usefixtures("field_limit")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(
        [b"", b"from,body\n", b"\xef\xbb\xbffrom,body\r\n", b'from,"body\r"\r', b"\xff\xfef\0,\0b\0o\0d\0y\0\n\0"]
    ),
    pieces=st.lists(st.sampled_from(PIECES) | st.binary(max_size=5), min_size=1, max_size=40),
    times=st.sampled_from([1, 1, 3, 200]),  # TextIOWrapper decodes 8 KiB at a time
    size=st.sampled_from([0, 1, 30, 2_000]),
    longest=st.sampled_from([20, 60, tables.READ_BYTES]),
)
def test_any_csv_reads_the_same_however_it_is_cut(
    tmp_path: Path, head: bytes, pieces: list[bytes], times: int, size: int, longest: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(head + b"".join(pieces) * times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "SHARD_BYTES", size)
        patch.setattr(csv_file, "READ_BYTES", longest)
        cut = [item for shard in csv_file.csv_shards(str(path)) for item in tables.read(shard)]
        assert cut == list(tables.read(Shard("csv", str(path))))


@pytest.mark.usefixtures("field_limit")
def test_lines_too_long_and_cells_too_long_at_cuts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "READ_BYTES", 60)
    monkeypatch.setattr(csv_file, "SHARD_BYTES", 1)
    long = "x" * 50
    (tmp_path / "a.csv").write_text(f'from,body\na,One.\na,{long}{long}\na,"{long}\n{long}\nb,"Two.\nb,Three."\nb,Four.\n')
    items = list(open_export(tmp_path / "a.csv"))
    assert [(item.source, item.text if isinstance(item, Message) else item.reason) for item in items] == [
        ("a.csv:2", "One."),
        ("a.csv:3", "got a line longer than 8 MiB"),
        ("a.csv:5", "the row cannot be read: field larger than field limit (60)"),
        ("a.csv:7", "Two.\nb,Three."),
        ("a.csv:8", "Four."),
    ]


@pytest.mark.usefixtures("field_limit")
def test_a_csv_whose_row_of_names_cannot_be_read_is_one_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "READ_BYTES", 20)
    monkeypatch.setattr(csv_file, "SHARD_BYTES", 1)
    path = str(tmp_path / "a.csv")
    Path(path).write_text(f'from,"{"x" * 15}\n{"x" * 15}\na,One.\n')
    assert list(csv_file.csv_shards(path)) == [Shard("csv", path)]


def test_byte_order_mark_before_json(tmp_path: Path) -> None:
    assert bodies(tmp_path / "a.jsonl", b"\xef\xbb\xbf" + lines({"body": "One."}).encode()) == ["One."]


def test_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "from": ["ann@x.example", None],
            "to": [["bob@x.example", "carl@x.example"], []],
            "date": pa.array([datetime(2024, 3, 5, 8, 12), None], pa.timestamp("ns", "UTC")),
            "body": [b"One.", "Zwei: Grüße".encode()],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=1)
    export = open_export(tmp_path / "a.parquet")
    assert len(export.shards) == 2
    first, second = export
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert (first.text, len(first.recipients), first.date_quality) == ("One.", 2, "ok")
    assert first.date == datetime(2024, 3, 5, 8, 12, tzinfo=UTC)
    assert (second.text, second.sender, second.date_quality) == ("Zwei: Grüße", None, "missing")


def test_damaged_row_group_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"body": [f"Body {n} " + "x" * 2000 for n in range(4)]}),
        path,
        row_group_size=1,
        compression="snappy",
        use_dictionary=False,
    )
    chunk = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset : chunk.data_page_offset + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)
    items = list(open_export(path))
    assert [isinstance(item, Message) for item in items] == [True, False, True, True]
    assert isinstance(items[1], Unreadable)
    assert items[1].reason.startswith("the row group cannot be read: ")


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" \n\"',;\t"), max_size=15)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS.filter(str.strip)), max_size=6), delimiter=st.sampled_from(",;\t"))
def test_any_cells_come_back(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    data = f"subject{delimiter}body{delimiter}id\n" + "".join(
        delimiter.join((quoted(subject), quoted("x " + body), f"{n}@x")) + "\n" for n, (subject, body) in enumerate(rows)
    )
    assert bodies(tmp_path / "a.csv", data) == [f"x {body}".strip("\n") for _, body in rows]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=200))
def test_junk_rows_never_stop_the_file(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(b"from,body\na@x,One.\n" + junk)
    (tmp_path / "a.jsonl").write_bytes(b'{"body": "One."}\n' + junk)
    for name in ("a.csv", "a.jsonl"):
        first, *_ = open_export(tmp_path / name)
        assert isinstance(first, Message)
