"""A real Chromium for tests of the report."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

# A busy machine is slow, not wrong.
expect.set_options(timeout=30_000)

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root, in a container, without looking for updates.
_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip the tests where there is none, unless the caller insists on it."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = "no Chromium on this machine: apt-get install chromium"
        if os.environ.get("PARTNERSIGNAL_BROWSER") == "required":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_OPTIONS, timeout=150_000)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, report: Path, view: str = "#/", *, problems: bool = True, **options: object) -> Iterator[Page]:
    """Open a report at a view; at the end nothing may have been logged, thrown or requested."""
    context = browser.new_context(**options)
    context.set_default_timeout(60_000)
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("request", lambda request: seen.append(f"request: {request.url}") if leaves(request.url, report) else None)
    page.goto(f"{report.as_uri()}{view}")
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()
    if problems:
        assert seen == []


def leaves(url: str, report: Path) -> bool:
    """Whether a request is for anything but the report itself."""
    return not url.startswith((report.as_uri(), "data:", "blob:"))


def supplier_view(name: str) -> str:
    return f"#/supplier/{quote(name, safe='')}"
