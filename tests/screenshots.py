"""Pictures of the sample's report for README and docs: ``python -m tests.screenshots``."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

import partnersignal as ps
from partnersignal.report import directory_sections
from partnersignal.suppliers import load_directory
from partnersignal.tagging.resources import shipped
from tests.browser import chromium, opened, supplier_view

SUPPLIER = "Cobalt Ridge Networks"
WIDE, PHONE = {"width": 1180, "height": 1000}, {"width": 390, "height": 844}
PICTURES = (
    ("report-portfolio", "#/", WIDE, "light"),
    ("report-portfolio-dark", "#/", WIDE, "dark"),
    ("report-supplier", supplier_view(SUPPLIER), WIDE, "light"),
    ("report-phone", supplier_view(SUPPLIER), PHONE, "light"),
)


def take(browser: Browser, report: Path, folder: Path) -> list[Path]:
    """Save each picture."""
    paths = []
    for name, view, size, scheme in PICTURES:
        path = folder / f"{name}.png"
        with opened(browser, report, view, viewport=size, color_scheme=scheme) as page:
            page.wait_for_timeout(300)
            page.screenshot(path=path)
        paths.append(path)
    return paths


def main() -> None:
    """Score the sample and take its pictures."""
    sample, folder = shipped("data/sample"), Path("docs/img")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, chromium() as browser:
        run = ps.score(sample / "export", suppliers=sample / "suppliers.toml", out=Path(work) / "run", jobs=1)
        report = run.write_report(directory_sections(load_directory(sample / "suppliers.toml")))
        for path in take(browser, report, folder):
            sys.stdout.write(f"{path} {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
