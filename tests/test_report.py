"""The report without a browser: its data, its policy, what a scorecard keeps to itself."""

import base64
import gzip
import hashlib
import html
import json
import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from partnersignal.cli import app
from partnersignal.errors import InputError
from partnersignal.index import build_index
from partnersignal.report import Sections, SupplierFacts, directory_sections
from partnersignal.report.data import _score, blocks, summary
from partnersignal.report.history import history
from partnersignal.report.masking import make_mask
from partnersignal.report.page import packed, script_json
from partnersignal.report.sections import Measure
from partnersignal.report.text import around, shown, utf16
from partnersignal.runs.masks import MASK
from partnersignal.runs.run import Run
from partnersignal.suppliers import Supplier, SupplierDirectory, load_directory
from partnersignal.tagging.resources import shipped
from tests.report_runs import Said, make_run, many
from tests.timing import computing_takes_under

SUPPLIERS = shipped("data/sample/suppliers.toml")


def read_page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def unpack(page: str) -> list[dict]:
    packs = re.findall(r'<script type="text/plain" id="block-\d+">([^<]*)</script>', page)
    return [json.loads(gzip.decompress(base64.b64decode(pack))) for pack in packs]


def embedded(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="summary">([^<]*)</script>', page)[1])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("report") / "run", many(9, 400))


def test_points_of_the_page_add_up_to_the_index(small: Run) -> None:
    material = small.material()
    for score, block in zip(material.index, blocks(material), strict=True):
        moved = sum(found - typical for _, _, _, found, typical in block["profile"])
        assert moved == pytest.approx(score.index - 50, abs=20 * 1e-4)
        assert sum(row[0] for row in block["profile"]) == block["evidence"]["found"]
        assert sum(block["evidence"]["points"]) == pytest.approx(sum(row[3] for row in block["profile"]), abs=0.02)


def test_shares_reach_the_page_as_they_are(small: Run) -> None:
    """Rounded once here and again in the browser, a balance of 2.496 % read 3 % there and 2 % in the table."""
    found = replace(next(iter(small.index.model)), balance=0.02499999, coverage=0.02499999, index=12.345678)
    page = _score(found, {})
    assert page["balance"] == page["coverage"] == 0.02499999 and page["index"] == 12.3457


def test_the_time_line_ends_at_the_index(small: Run) -> None:
    material = small.material()
    for score, block in zip(material.index, blocks(material), strict=True):
        line = block["history"]
        assert line["day"] == sorted(line["day"])
        assert (line["index"][-1], line["low"][-1]) == pytest.approx((score.index, score.low), abs=0.051)
        assert all(low <= index <= high for low, index, high in zip(line["low"], line["index"], line["high"], strict=True))


def test_an_earlier_point_is_the_index_of_its_day(small: Run) -> None:
    index = small.index.model
    lines = history(index)
    day = next(iter(lines.values()))["day"][-8]
    then = build_index(index.evidence, prior=index.prior, as_of=date(1970, 1, 1) + timedelta(days=day))
    for score in then:
        line = lines[score.supplier]
        assert line["index"][line["day"].index(day)] == pytest.approx(score.index, abs=0.051)


def test_without_bulk_keeps_the_window(small: Run) -> None:
    windowed = build_index(
        small.index.model.evidence, prior=small.index.model.prior, since=date(2024, 6, 1), until=date(2025, 6, 30)
    )
    again = build_index(
        windowed.evidence, prior=windowed.prior, since=date(2024, 6, 1), until=date(2025, 6, 30), bulk="exclude"
    )
    material = small.material()
    object.__setattr__(material, "index", windowed)
    quiet = summary(material)["views"]["quiet"]["scores"]
    for score in again:
        assert quiet[score.supplier]["index"] == pytest.approx(score.index, abs=1e-4)
        assert quiet[score.supplier]["threads"] == score.threads


def test_the_same_run_gives_the_same_page(small: Run) -> None:
    first = small.write_report().read_bytes()
    assert small.write_report().read_bytes() == first


def test_policy_allows_the_own_script_and_style_alone(small: Run) -> None:
    page = read_page(small.write_report())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    for kind, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)


def test_optional_parts_reach_the_page_only_where_given(small: Run) -> None:
    name = small.index.model.scores[0].supplier
    bare = unpack(read_page(small.write_report(Sections())))
    assert not any(block["conduct"] or block["cannot"] for block in bare)
    sections = Sections(
        facts={name: SupplierFacts("cloud", 12.5, "high")}, conduct={name: (Measure("reply time", 3.5, unit="hours"),)}
    )
    page = read_page(small.write_report(sections))
    assert embedded(page)["suppliers"][0] == {"name": name, "category": "cloud", "spend": 12.5, "criticality": "high"}
    assert unpack(page)[0]["conduct"][0]["value"] == 3.5


def test_marks_are_counted_in_the_units_of_the_page(tmp_path: Path) -> None:
    said = [Said("Acme", f"t{i}", "\U0001f600 late again", "broken_promise", message_id=f"m{i}") for i in range(6)]
    run = make_run(tmp_path / "run", said)
    block = unpack(read_page(run.write_report(Sections(marks={("m0", 1, "broken_promise"): ((2, 6),)}))))[0]
    ((row, spans),) = block["evidence"]["marks"].items()
    assert block["evidence"]["ids"][block["evidence"]["message"][int(row)]] == "m0"
    assert spans == [[3, 7]]  # an emoji is two units in JavaScript


def late(folder: Path, model: Path, text: str = "Still no {} although it was due.", quotes: bool = True) -> Run:
    said = [
        Said(f"{name} Works", f"{name}{i}", text.format("arouter"), "broken_promise", "customer", 0.6 + i / 20, message_id=f"{name}{i}")
        for name in ("Acme", "Bolt")
        for i in range(6)
    ]  # fmt: skip
    return make_run(folder, said, quotes, model)


def marked(page: str) -> list[list[str]]:
    found = [
        (block["evidence"]["text"][int(row)], spans)
        for block in unpack(page)
        for row, spans in block["evidence"]["marks"].items()
    ]
    return [[text[start:end] for start, end in spans] for text, spans in found]


def test_deciding_words_are_marked_in_the_heaviest_sentences(tmp_path: Path, tiny_model: Path) -> None:
    run = late(tmp_path / "run", tiny_model)
    page = read_page(run.write_report())
    words = marked(page)
    assert len(words) == embedded(page)["marked"] == 6
    for block in unpack(page):
        assert sorted(map(int, block["evidence"]["marks"])) == [0, 1, 2]  # of those that moved the index most
    assert all(spans and "arouter" not in " ".join(spans) for spans in words)
    assert read_page(run.write_report()) == page
    few = [len(block["evidence"]["marks"]) for block in unpack(read_page(run.write_report(explain=5)))]
    assert sorted(few) == [2, 3]  # shared out among the suppliers
    for options in ({"explain": 0}, {"quotes": False}):
        assert marked(read_page(run.write_report(**options))) == []
    assert "<mark" not in read_page(run.write_scorecard("Acme Works"))
    with pytest.raises(InputError, match="got -1 sentences to explain, expected 0 or more"):
        run.write_report(explain=-1)


def test_only_the_model_that_gave_the_tags_explains_them(tmp_path: Path, tiny_model: Path) -> None:
    model = shutil.copytree(tiny_model, tmp_path / "model")
    late(tmp_path / "run", model)
    page = read_page(Run(tmp_path / "run").write_report())
    assert len(marked(page)) == 6 and embedded(page)["card"]
    (model / "MODEL_CARD.md").write_text("Another one.")
    other = read_page(Run(tmp_path / "run").write_report())
    assert (marked(other), embedded(other)["card"]) == ([], "")
    shutil.rmtree(model)
    assert read_page(Run(tmp_path / "run").write_report()) == other


def test_hidden_words_and_tags_by_hand_are_not_marked(tmp_path: Path, tiny_model: Path) -> None:
    hidden = late(tmp_path / "1", tiny_model, f"{MASK * 5} no {{}} although it was due.")
    words = marked(read_page(hidden.write_report()))
    assert len(words) == 6 and MASK not in json.dumps(words, ensure_ascii=False)
    assert marked(read_page(late(tmp_path / "3", tiny_model, quotes=False).write_report())) == []
    late(tmp_path / "2", tiny_model)
    rows = [f"{name}{i},1,broken_promise,add,{name} Works" for name in ("Acme", "Bolt") for i in range(6)]
    (tmp_path / "2" / "corrections.csv").write_text("\n".join(["message_id,sentence,signal,action,supplier", *rows]))
    assert marked(read_page(Run(tmp_path / "2").write_report())) == []


def test_windows_are_those_of_periods(small: Run) -> None:
    compared = small.compare(["2024-09-01", "2025-06-01"], ["before", "crisis", "after"])
    page = embedded(read_page(small.write_report(cuts=["2024-09-01", "2025-06-01"], names=["before", "crisis", "after"])))
    assert page["windows"] == [
        {"name": "before", "since": None, "until": "2024-08-31"},
        {"name": "crisis", "since": "2024-09-01", "until": "2025-05-31"},
        {"name": "after", "since": "2025-06-01", "until": None},
    ]
    for each, shift in zip(page["comparisons"], compared.shift.itertuples(), strict=True):
        assert (each["before"]["name"], each["after"]["name"]) == (shift.first, shift.second)
        assert (each["portfolio_shift"], each["portfolio_p_rise"]) == pytest.approx((shift.change, shift.p_rise))
        table = compared.table[(compared.table["first"] == shift.first) & (compared.table["second"] == shift.second)]
        for change, row in zip(each["changes"], table.itertuples(), strict=True):
            assert (change["supplier"], change["real"]) == (row.supplier, row.real)
            assert (change["difference"], change["p_large"]) == pytest.approx((row.change, row.p_large))
            assert change["low"] < change["difference"] < change["high"]
            assert (change["low"] > 0) == (row.p_rise > 0.95) and (change["high"] < 0) == (row.p_rise < 0.05)
    assert not embedded(read_page(small.write_report()))["windows"]  # not kept
    with pytest.raises(InputError, match="got 0 cuts, expected one or two"):
        small.write_report(names=["old", "new"])


def test_without_quotes_no_word_of_a_message_is_in_the_page(small: Run) -> None:
    facts = small.write_report(quotes=False)
    page = read_page(facts)
    assert embedded(page)["quotes"] is False
    plain = page + json.dumps(unpack(page), ensure_ascii=False)
    for text, subject in zip(small.tags["text"], small.messages["subject"], strict=True):
        assert text not in plain
        assert subject not in plain
    assert small.tags["text"].iloc[0] in json.dumps(unpack(read_page(small.write_report())))


def test_a_large_portfolio_is_sampled_and_says_so(small: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partnersignal.report.passages.MOST_SENTENCES", 150)
    monkeypatch.setattr("partnersignal.report.passages._FEWEST", 3)
    material = small.material()
    kept = [block["evidence"] for block in blocks(material)]
    assert sum(each["found"] for each in kept) == 400
    assert sum(len(each["text"]) for each in kept) <= 150 + 9 * 3
    for each, explanation in zip(kept, material.explanations, strict=True):
        largest = explanation.contributions["contribution"].abs().iloc[len(each["points"]) - 1]
        assert min(map(abs, each["points"])) == pytest.approx(largest, abs=1e-4)


@given(st.text(max_size=80), st.integers(1, 40))
def test_shown_text_is_bounded_and_keeps_offsets(text: str, most: int) -> None:
    clean = shown(text, most)
    assert len(clean) == min(len(text), most) + (len(text) > most)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", clean)
    assert utf16(text, len(text)) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text("ab \n", max_size=60), st.integers(0, 60), st.integers(0, 60), st.integers(1, 20))
def test_context_stands_in_the_message(text: str, one: int, two: int, reach: int) -> None:
    start, end = sorted((min(one, len(text)), min(two, len(text))))
    before, after = around(text, start, end, reach)
    assert text[:start].endswith(before.removeprefix("… ")) or before.strip("… ") == ""
    assert text[end:].startswith(after.removesuffix(" …")) or after.strip("… ") == ""
    assert len(before) <= reach + 2 and len(after) <= reach + 2


@given(st.recursive(st.text(max_size=20) | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_data_cannot_end_its_element(data: object) -> None:
    text = str(script_json(["</script><!--", data]))
    assert not set("<>&") & set(text)
    assert json.loads(text) == ["</script><!--", data]


def test_packed_data_comes_back() -> None:
    assert json.loads(gzip.decompress(base64.b64decode(packed({"é": ["</script>"]})))) == {"é": ["</script>"]}


def test_renewals_must_be_dates() -> None:
    wrong = SupplierDirectory((Supplier("Acme", domains=("acme.example",), renewals=("soon",)),))
    with pytest.raises(InputError, match="renewals = \\['soon'\\] of Acme, expected ISO dates"):
        directory_sections(wrong)
    events = directory_sections(load_directory(SUPPLIERS)).events
    assert {event.label for event in events} == {"renewal"}


# The scorecard.


@pytest.mark.parametrize("supplier", [supplier.name for supplier in load_directory(SUPPLIERS).suppliers])
def test_a_scorecard_holds_nothing_of_other_suppliers_or_people(sample_run: Run, supplier: str) -> None:
    directory = load_directory(SUPPLIERS)
    others = [each for each in directory.suppliers if each.name != supplier]
    aliases = [name for each in others for name in (*each.aliases, *each.domains)]
    page = html.unescape(read_page(sample_run.write_scorecard(supplier, others=aliases)))
    body = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.S)
    for each in others:
        for name in (each.name, *each.aliases, *each.domains):
            assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", body, re.I), name
    own = set(sample_run.tags.loc[sample_run.tags["supplier"] == supplier, "text"])
    foreign = sample_run.tags[sample_run.tags["supplier"] != supplier]["text"]
    assert not [text for text in foreign if text not in own and len(text) > 12 and text in body]
    parties = set(re.findall(r"([^<>;]+) <([^<>]+)>", "; ".join(sample_run.messages["sender"].dropna())))
    for name, address in parties:
        assert address not in body
        assert name.strip() in supplier or name.strip() not in body
    internal = sample_run.tags[(sample_run.tags["supplier"] == supplier) & (sample_run.tags["voice"] == "third_person")]
    assert not [text for text in internal["text"] if text in body]
    assert not set(sample_run.messages["message_id"]) & set(re.findall(r"[\w.:@-]+", body))
    assert body.index("What we value") < body.index("What gets in the way") < body.index("Where you stand")


def scorecard_of(tmp_path: Path, text: str, voice: str = "supplier", **options: object) -> str:
    said = [Said("Acme Cloud", f"t{i}", text, "proactive_help", voice=voice, day=i) for i in range(6)]
    said += [Said("Bolt", f"b{i}", "We bolted it.", "upselling", sender="Cy Young <cy@bolt.example>") for i in range(6)]
    return read_page(make_run(tmp_path / "run", said).write_scorecard("Acme Cloud", **options))


def test_a_scorecard_masks_people_and_their_numbers(tmp_path: Path) -> None:
    page = scorecard_of(tmp_path, "Ada Bright (ada@x.example, +44 20 7946 0018) told Worth: see www.x.example/a, we fixed it.")
    assert "[person] ([address], [number]) told [person]: see [link] we fixed it." in page


@pytest.mark.parametrize("name", ["Bolt", "BOLT", "bolt.example"])
def test_a_scorecard_withholds_sentences_that_name_another_supplier(tmp_path: Path, name: str) -> None:
    assert "quoted less" not in scorecard_of(tmp_path, f"As {name} quoted less, we fixed it.")


def test_a_scorecard_keeps_what_was_said_in_confidence(tmp_path: Path) -> None:
    assert "kept to ourselves" not in scorecard_of(tmp_path, "This is kept to ourselves.", "third_person")
    assert "told to them" in scorecard_of(tmp_path / "2", "This was told to them.", "customer")


def test_a_scorecard_without_quotes_has_none(tmp_path: Path) -> None:
    assert "fixed it overnight" in scorecard_of(tmp_path, "We fixed it overnight.")
    assert "fixed it overnight" not in scorecard_of(tmp_path / "2", "We fixed it overnight.", quotes=False)


def test_a_small_portfolio_is_not_compared_with(tmp_path: Path) -> None:
    assert "All our suppliers" not in scorecard_of(tmp_path, "We fixed it.")


def test_masking_takes_time_in_proportion(small: Run) -> None:
    mask = make_mask(small.messages, "Acme", ["Acme", "Bolt"], ())
    for line in ("a" * 1_000_000, "1 " * 500_000, "a." * 500_000, "@" * 1_000_000, "www." * 250_000):
        assert len(mask.hide(line)) <= 601
        assert computing_takes_under(5, lambda line=line: (mask.hide(line), mask.withheld(line)))


# The command line.


def test_report_command(small: Run) -> None:
    name = small.index.model.scores[0].supplier
    shell = CliRunner()
    result = shell.invoke(app, ["report", str(small.folder), "--no-quotes"])
    assert (result.exit_code, result.stdout.strip()) == (0, str(small.folder / "report.html"))
    result = shell.invoke(app, ["report", str(small.folder), "--supplier", name, "--shareable"])
    assert result.exit_code == 0
    assert Path(result.stdout.strip()).name.startswith("scorecard-")
    windows = ["--cut", "2025-01-01", "--names", "old, new"]
    assert shell.invoke(app, ["report", str(small.folder), *windows, "--explain", "0"]).exit_code == 0
    assert [each["name"] for each in embedded(read_page(small.folder / "report.html"))["windows"]] == ["old", "new"]
    for half in (["--supplier", name], ["--shareable"], ["--supplier", name, "--shareable", *windows], ["--explain", "-1"]):
        assert shell.invoke(app, ["report", str(small.folder), *half]).exit_code == 2
