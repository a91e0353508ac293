"""The report in a real Chromium: what a reader does with it, and what a stranger's mail must not do."""

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import partnersignal as ps
from partnersignal.report import Sections, directory_sections
from partnersignal.report.sections import CannotOrWillNot, Change, Comparison, Event, Measure, Window
from partnersignal.runs.run import Run
from partnersignal.suppliers import load_directory
from partnersignal.tagging.resources import shipped
from tests.browser import chromium, opened, supplier_view
from tests.report_runs import Said, make_run, many
from tests.screenshots import take

NAME = "Cobalt Ridge Networks"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def report(sample_run: Run) -> Path:
    return sample_run.write_report(directory_sections(load_directory(shipped("data/sample/suppliers.toml"))))


def show(page: Page, view: str) -> None:
    page.evaluate("view => { location.hash = view; }", view)


def test_opens_and_shows_every_supplier_with_its_doubt(browser: Browser, report: Path, sample_run: Run) -> None:
    with opened(browser, report) as page:
        expect(page.locator("h1")).to_have_text("Which suppliers behave like partners?")
        expect(page.locator("table.portfolio tbody tr")).to_have_count(len(sample_run.index))
        expect(page.get_by_text("Uncorrected.")).to_be_visible()
        for result in sample_run.index:
            score = result.score
            row = page.locator(f'tr[data-name="{score.supplier}"]')
            expect(row).to_contain_text(f"{score.low:.0f}–{score.high:.0f}")
            assert (row.locator("strong").count() == 1) == score.enough_evidence
            assert row.locator(".scale .dot").count() == score.enough_evidence
    assert report.stat().st_size < 5_000_000


def test_finds_sorts_and_leaves_bulk_out(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.get_by_label("Find a supplier").fill("quill")
        expect(page.locator("table.portfolio tbody tr")).to_have_count(1)
        page.get_by_label("Find a supplier").fill("")
        page.get_by_label("Sort by").select_option("Name")
        names = page.locator("table.portfolio").first.locator("tbody th a").all_text_contents()
        assert names == sorted(names)
        page.get_by_label("Bulk mail").select_option("left out")
        page.reload()
        expect(page.get_by_label("Bulk mail")).to_have_value("without")
        expect(page.get_by_label("Sort by")).to_have_value("name")


def test_drills_from_the_portfolio_to_a_sentence_in_its_message(browser: Browser, report: Path, sample_run: Run) -> None:
    explanation = sample_run.index[NAME].explain()
    first = explanation.contributions.iloc[0]
    with opened(browser, report) as page:
        page.get_by_role("link", name=NAME).click()
        expect(page.locator("h1")).to_have_text(NAME)
        expect(page.locator(".chart canvas")).to_be_visible()
        expect(page.locator(".item")).to_have_count(min(40, len(explanation.contributions)))
        item = page.locator(".item").first
        expect(item.locator(".said")).to_have_text(" ".join(first["text"].split()))
        # The page holds four places and shows two.
        shown = float(item.locator(".points").inner_text().replace("−", "-"))
        assert shown == pytest.approx(first["contribution"], abs=0.0051)
        expect(item.locator(".passage")).to_be_hidden()
        item.get_by_text("In its message").click()
        expect(item.locator(".passage strong")).to_be_visible()
        expect(item).to_contain_text(first["message_id"])


def test_explains_the_index_in_sums_that_hold(browser: Browser, report: Path, sample_run: Run) -> None:
    with opened(browser, report, supplier_view(NAME)) as page:
        cells = page.locator("table.sum tbody td:last-child").all_text_contents()
        moved = sum(float(cell.replace("−", "-").replace("+", "")) for cell in cells)
        assert 50 + moved == pytest.approx(sample_run.index[NAME].index, abs=0.11)
        expect(page.locator("table.profile tbody tr")).to_have_count(20)


def test_filters_sentences_and_keeps_the_view_in_the_link(browser: Browser, report: Path, sample_run: Run) -> None:
    tags = sample_run.tags
    with opened(browser, report, "#/evidence") as page:
        count = page.locator(".count")
        expect(count).to_contain_text(f"{len(tags)} tagged sentences")
        page.locator("#evidence-signal").select_option("broken_promise")
        page.locator("#evidence-voice").select_option("third_person")
        wanted = tags[(tags["signal"] == "broken_promise") & (tags["voice"] == "third_person")]
        expect(count).to_contain_text(f"{len(wanted)} tagged sentence")
        page.locator("#evidence-supplier").select_option(NAME)
        page.locator("#evidence-from").fill("2025-06-01")
        page.locator("#evidence-to").fill("2025-06-30")
        june = wanted[(wanted["supplier"] == NAME) & (wanted["date"].dt.strftime("%Y-%m") == "2025-06")]
        assert len(june) > 0
        expect(page.locator(".item")).to_have_count(len(june))
        page.locator("#evidence-q").fill("perth SECOND")
        expect(page.locator(".item")).to_have_count(int(june["text"].str.contains("Perth second").sum()))
        link = page.url
        show(page, "#/")
        page.goto("about:blank")
        page.goto(link)
        expect(page.locator(".item")).to_have_count(1)
        expect(page.locator("#evidence-q")).to_have_value("perth SECOND")
        show(page, "#/evidence?bulk=only")
        expect(count).to_contain_text(f"{int(tags['bulk'].sum())} tagged sentence")


def test_turns_pages(browser: Browser, report: Path) -> None:
    with opened(browser, report, "#/evidence") as page:
        first = page.locator(".said").first.text_content()
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".count")).to_contain_text("page 2")
        assert page.locator(".said").first.text_content() != first
        expect(page.locator(".count")).to_be_focused()


def test_corrects_and_downloads(browser: Browser, report: Path, sample_run: Run) -> None:
    rows = sample_run.index[NAME].explain().contributions
    with opened(browser, report, supplier_view(NAME)) as page:
        items = page.locator(".item")
        items.nth(0).get_by_text("Correct", exact=True).click()
        items.nth(0).get_by_role("button", name="Strike").click()
        expect(items.nth(0)).to_have_class(re.compile("struck"))
        items.nth(1).get_by_text("Correct", exact=True).click()
        items.nth(1).get_by_label("Signal").select_option("empathy")
        items.nth(1).get_by_role("button", name="Add").click()
        items.nth(2).get_by_text("Correct", exact=True).click()
        items.nth(2).get_by_label("Supplier").select_option("Larkspur Systems")
        items.nth(2).get_by_role("button", name="Move").click()
        expect(page.locator(".badge")).to_have_text("3")
        page.get_by_role("link", name="Corrections").click()
        page.get_by_label("Your name or initials").fill("=HYPERLINK(1)")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download corrections.csv").click()
        text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
        page.reload()
        expect(page.locator(".badge")).to_have_text("3")  # kept in this browser
        page.get_by_role("button", name="Undo").first.click()
        expect(page.locator(".badge")).to_have_text("2")
    found = list(csv.DictReader(io.StringIO(text)))
    assert list(found[0]) == ["message_id", "sentence", "signal", "action", "supplier", "who", "when"]
    wanted = [
        (rows.iloc[0]["signal"], "strike", NAME),
        ("empathy", "add", NAME),
        (rows.iloc[2]["signal"], "move", "Larkspur Systems"),
    ]
    for i, (row, facts) in enumerate(zip(found, wanted, strict=True)):
        assert (row["message_id"], int(row["sentence"])) == (rows.iloc[i]["message_id"], rows.iloc[i]["sentence"])
        assert (row["signal"], row["action"], row["supplier"]) == facts
        assert row["who"] == "'=HYPERLINK(1)"  # no formula
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["when"])


def test_prints_a_clean_pdf(browser: Browser, report: Path, tmp_path: Path) -> None:
    with opened(browser, report, supplier_view(NAME), color_scheme="dark") as page:
        expect(page.locator(".chart canvas")).to_be_visible()
        page.emulate_media(media="print")
        for hidden in ("#nav", "#tools", ".controls", ".more"):
            expect(page.locator(hidden).first).to_be_hidden()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 36, 48)"  # dark ink though the theme is dark
        page.emulate_media(media="screen")
        pdf = page.pdf(path=tmp_path / "page.pdf")
    assert pdf.startswith(b"%PDF") and len(pdf) > 10_000


def test_keyboard_alone_reaches_a_sentence(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.keyboard.press("Tab")
        expect(page.locator("#skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == NAME:
                break
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(NAME)
        page.locator(".item summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".item .passage").first).to_be_visible()


def test_copies_a_link_and_changes_the_theme(browser: Browser, report: Path) -> None:
    with opened(browser, report, "#/evidence?signal=vendor", permissions=["clipboard-read", "clipboard-write"]) as page:
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == page.url
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("button", name="Theme").click()
        page.get_by_role("button", name="Theme: light").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def full_sections(name: str) -> Sections:
    """One of everything optional."""
    before, after = Window("before", None, date(2024, 12, 31)), Window("crisis", date(2025, 1, 1), date(2025, 6, 30))
    change = Change(name, 40.0, 61.0, 21.0, 3.5, 34.0, 0.98, 0.96, real=True, enough_evidence=True)
    return Sections(
        events=(Event(date(2025, 2, 3), "renewal", name),),
        windows=(after,),
        comparisons=(Comparison(before, after, 3.2, 0.9, (change,)),),
        conduct={name: (Measure("median reply time", 5.5, 4.0, 7.5, 9.0, "hours", "41 replies"),)},
        cannot={name: (CannotOrWillNot("pushback", "will not", 0.8, "They were asked twice."),)},
        marks={("m0", 1, "proactive_help"): ((3, 8),)},
    )


@pytest.fixture(scope="module")
def full_report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    said = [
        Said("Acme", f"t{i}", "We added capacity before you came in.", "proactive_help", day=40 * i, message_id=f"m{i}")
        for i in range(12)
    ]
    run = make_run(tmp_path_factory.mktemp("full") / "run", said + many(3, 60))
    return run.write_report(full_sections("Acme")), "Acme"


def test_optional_parts_are_shown(browser: Browser, full_report: tuple[Path, str]) -> None:
    path, name = full_report
    with opened(browser, path, supplier_view(name)) as page:
        expect(page.get_by_role("heading", name="Conduct")).to_be_visible()
        expect(page.get_by_text("5.5 hours")).to_be_visible()
        expect(page.locator(".cannot")).to_contain_text("They were asked twice.")
        expect(page.locator("mark").first).to_have_text("added")
        page.get_by_role("link", name="Windows").click()
        # The page of windows is there before its table is looked at: until then there are other tables.
        expect(page.get_by_text("moved by +3.2 points")).to_be_visible()
        expect(page.locator("tbody")).to_have_count(1)
        expect(page.locator("tbody")).to_contain_text("real")


def test_windows_are_shaded_and_compared(browser: Browser, sample_run: Run, tmp_path: Path) -> None:
    shutil.copytree(sample_run.folder, tmp_path / "run")
    run = ps.open_run(tmp_path / "run")
    path = run.write_report(cuts=["2025-05-01", "2025-10-01"], names=["before", "crisis", "after"], explain=0)
    table = run.compare(["2025-05-01", "2025-10-01"], ["before", "crisis", "after"]).table
    with opened(browser, path, supplier_view(NAME)) as page:
        chart = page.locator(".chart")
        expect(chart).to_have_attribute("aria-label", re.compile("Window crisis: 2025-05-01 to 2025-09-30"))
        page.evaluate(FRAMES)
        # One row of the canvas, below the band: shaded in the middle, plain at the end.
        row = chart.locator("canvas").evaluate(
            """(canvas) => {
                const row = canvas.getContext("2d").getImageData(0, canvas.height * 0.7, canvas.width, 1).data;
                return [0.5, 0.97].map((part) => [...row.slice(4 * Math.round(canvas.width * part)).slice(0, 4)]);
            }"""
        )
        assert row[0] != row[1]
        page.get_by_role("link", name="Windows").click()
        expect(page.locator("#which option")).to_have_text(["before → crisis", "before → after", "crisis → after"])
        page.locator("#which").select_option("2")
        expect(page.locator(".lead")).to_contain_text("crisis (2025-05-01 to 2025-09-30)")
        expect(page.locator("tbody tr")).to_have_count(len(sample_run.index))
        row = table[(table["first"] == "crisis") & (table["supplier"] == NAME)].iloc[0]
        cells = page.locator("tbody tr", has_text=NAME).locator("td")
        expect(cells.nth(2)).to_contain_text(f"{row.change:+.1f}".replace("-", "−"))
        expect(cells.last).to_have_text("real" if row.real else re.compile("not established|too little evidence"))


def test_deciding_words_are_marked(browser: Browser, report: Path) -> None:
    with opened(browser, report, supplier_view(NAME)) as page:
        expect(page.get_by_text("words without which the model would have been least sure")).to_be_visible()
        expect(page.locator(".item").filter(has=page.locator(".said mark"))).to_have_count(3)
        item = page.locator(".item").first
        words = item.locator(".said mark").all_text_contents()
        assert 1 <= len(words) <= 5 and all(words)
        item.get_by_text("In its message").click()
        expect(item.locator(".passage mark")).to_have_text(words)
        show(page, "#/about")
        expect(page.get_by_role("row", name="deciding words")).to_contain_text(re.compile(r"marked in \d+ sentences"))


HOSTILE = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1><svg onload=window.hit=1>",
    "</script><script>window.hit=1</script><!--",
    '<style>body{display:none}</style> " onmouseover="window.hit=1" \'',
    "=cmd|'/c calc'!A1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{7*7}} ${7*7} {% raw %}",
    "invoice \u202egpj.exe\u202c \u2066 end",
    "\x00\x07\ufeff\ud7ff\u2028 odd",
    "javascript:window.hit=1//",
    "x" * 1_000_000,
    "\u202e" * 1_000 + "שלום עולם",
)


def test_a_strangers_words_stay_text(browser: Browser, tmp_path: Path) -> None:
    said = [
        Said(f"{text[:40]} {i}", f"t{i}-{j}", text, "broken_promise", subject=text, before=f"{text}\n", after=f"\n{text}", day=j,
             message_id=f"{text[:30]}.{i}.{j}", sender=f"{text[:30]} <a{i}@x.example>")
        for i, text in enumerate(HOSTILE) for j in range(6)
    ]  # fmt: skip
    run = make_run(tmp_path / "run", said)
    path = run.write_report()
    assert path.stat().st_size < 1_000_000
    with opened(browser, path) as page:
        expect(page.locator("table.portfolio tbody tr")).to_have_count(len(HOSTILE))
        for name in run.index.to_pandas()["supplier"]:
            show(page, supplier_view(name))
            expect(page.locator("h1")).to_have_text(re.compile(rf" {name.split()[-1]}\s*$"))
            for summary in page.locator(".item").first.locator("summary").all():
                summary.click()
            expect(page.locator(".item").first.locator(".passage")).to_be_visible()
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0
        show(page, "#/evidence")
        expect(page.locator(".item").first).to_be_visible()
        assert page.evaluate("window.hit") is None
        assert (
            page.evaluate(
                "document.querySelectorAll('main script, main style, main img, main svg, main iframe, [onerror], [onmouseover]').length"
            )
            == 0
        )
        text = page.evaluate("document.body.innerText")
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    card = run.write_scorecard(run.index.model.scores[0].supplier)
    with opened(browser, card) as page:
        assert page.evaluate("window.hit") is None


def test_nothing_can_be_sent_or_run_from_the_page(browser: Browser, report: Path) -> None:
    with opened(browser, report, problems=False) as page:
        tries = """async () => {
            const results = [];
            await fetch("https://example.com/").then(() => results.push("fetched"), () => {});
            const image = new Image(); image.src = "https://example.com/x.png";
            await new Promise((done) => { image.onload = () => { results.push("image"); done(); }; image.onerror = done; });
            try { document.body.innerHTML = "<b>x</b>"; results.push("markup"); } catch {}
            const script = document.createElement("script");
            try { script.textContent = "window.hit = 1"; document.body.append(script); } catch {}
            if (window.hit) results.push("script");
            return results;
        }"""
        assert page.evaluate(tries) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    browser: Browser, report: Path, full_report: tuple[Path, str], sample_run: Run, scheme: str
) -> None:
    full, name = full_report
    views = [(report, view) for view in ("#/", supplier_view(NAME), "#/evidence?signal=vendor", "#/corrections", "#/about")]
    views += [(full, supplier_view(name)), (full, "#/compare"), (sample_run.write_scorecard(NAME), "")]
    for path, view in views:
        with opened(browser, path, view, color_scheme=scheme, bypass_csp=True) as page:
            page.evaluate("document.querySelectorAll('.item details').forEach((each) => { each.open = true; })")
            found = Axe().run(page).response["violations"]
        serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]
        assert serious == [], (view, json.dumps(serious, indent=1))


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_nothing_is_wider_than_the_screen(browser: Browser, report: Path, width: int) -> None:
    with opened(browser, report, viewport={"width": width, "height": 800}) as page:
        for view in ("#/", supplier_view(NAME), "#/evidence", "#/corrections", "#/about"):
            show(page, view)
            page.wait_for_timeout(150)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_without_quotes_it_says_so(browser: Browser, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [Said("Acme", f"t{i}", "Secret words.", "empathy") for i in range(6)], quotes=False)
    with opened(browser, run.write_report(), supplier_view("Acme")) as page:
        expect(page.locator(".item .said").first).to_have_text("Words not kept.")
        show(page, "#/")
        expect(page.get_by_text("Without quotes.")).to_be_visible()


def test_screenshots_of_the_documentation_are_small(browser: Browser, report: Path, tmp_path: Path) -> None:
    for path in take(browser, report, tmp_path):
        assert 20_000 < path.stat().st_size < 300_000, path.name


class Meter:
    """Time that the page's main thread works, whatever else the machine does."""

    def __init__(self, page: Page) -> None:
        self.client = page.context.new_cdp_session(page)
        self.client.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds(self) -> float:
        metrics = self.client.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def paint(page: Page) -> float:
    entry = "performance.getEntriesByName('first-contentful-paint')[0]"
    page.wait_for_function(entry)  # noted a moment after the frame is shown
    return page.evaluate(f"{entry}.startTime") / 1000


def test_the_sample_is_painted_soon(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        page.evaluate(FRAMES)
        first = paint(page)
        assert page.evaluate("performance.now()") / 1000 >= first
        assert first < 10  # of a busy machine; the slow test below holds the promise


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_suppliers_and_a_hundred_thousand_tags(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "run", many(200, 100_000))
    path = run.write_report()
    size = path.stat().st_size / 1e6
    name = run.index.model.scores[100].supplier
    with opened(browser, path) as page:
        page.evaluate(FRAMES)
        figures = {"megabytes": size, "first paint": paint(page)}
        page.evaluate("() => new Promise((done) => setTimeout(done, 1000))")
        show(page, "#/evidence")
        page.wait_for_selector(".item", timeout=120_000)
        page.locator("#evidence-order").select_option("newest")
        page.locator("#evidence-order").select_option("counts most")
        meter = Meter(page)
        steps = {
            "signal": lambda: page.locator("#evidence-signal").select_option("empathy"),
            "words": lambda: page.locator("#evidence-q").fill("bado"),
            "all again": lambda: show(page, "#/evidence"),
            "next page": lambda: page.get_by_role("button", name="Next").click(),
            "supplier": lambda: show(page, supplier_view(name)),
            "portfolio": lambda: show(page, "#/"),
            "find": lambda: page.get_by_label("Find a supplier").fill("Works 1"),
        }
        for step, act in steps.items():
            before = meter.seconds()
            act()
            page.wait_for_timeout(400)
            page.evaluate(FRAMES)
            figures[step] = meter.seconds() - before
    with capsys.disabled():
        sys.stdout.write(f"report of 200 suppliers and 100,000 tags: {json.dumps(figures)}\n")
    assert size < 20
    assert figures["first paint"] < 5  # wall time of a busy machine; promised: 1 on an idle one
    assert all(seconds < 0.2 for step, seconds in figures.items() if step in steps), figures
