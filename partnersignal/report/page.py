"""``report.html``: one self-contained page, nothing loaded from elsewhere, every stranger's word kept as text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from partnersignal.files import replacing
from partnersignal.memory import give_back
from partnersignal.report.data import blocks, summary
from partnersignal.report.material import Material
from partnersignal.report.text import shown

_SCRIPTS = ("dom", "data", "charts", "portfolio", "corrections", "evidence", "supplier", "compare", "about", "main")


def write_report(path: Path, material: Material) -> None:
    """Write the report of a run.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    material : Material
        The run.
    """
    facts = summary(material)
    give_back()
    render(
        path,
        "report.html",
        _SCRIPTS,
        summary=script_json(facts),
        blocks=map(packed, blocks(material)),
        scores=material.index.scores,
        material=material,
    )


def render(path: Path, template: str, scripts: Iterable[str], **values: Any) -> None:
    """Fill a template, with its style and scripts inside and a policy that allows these alone.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    template : str
        Name of the template.
    scripts : iterable of str
        Names of the page's own scripts, in order.
    **values
        For the template; escaped unless they are markup.
    """
    # autoescape for every value: mail is written by strangers.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("partnersignal.report", "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["shown"] = shown
    style = _asset("vendor/uPlot.min.css") + _asset("style.css")
    own = "".join(_asset(f"js/{name}.js") for name in scripts)
    library = f"/*\n{_asset('vendor/uPlot.LICENSE')}*/\n{_asset('vendor/uPlot.iife.min.js')}"
    script = f'{library}\n(() => {{\n"use strict";\n{own}}})();\n'
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    pieces = environment.get_template(template).generate(
        policy=Markup(policy),  # noqa: S704 - our own words
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704 - our own files
        **values,
    )
    with replacing(path) as draft, open(draft, "w", encoding="utf-8") as file:
        file.writelines(pieces)  # a page is too large to hold


def script_json(data: Any) -> Markup:
    """Write data as JSON that can stand in a script element.

    Parameters
    ----------
    data : object
        JSON data.

    Returns
    -------
    Markup
        Without a character that could end the element.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    # & too: an XHTML reading of the page must not see entities.
    escaped = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(escaped)  # noqa: S704 - nothing in it can be markup any more


def packed(data: Any) -> str:
    """Write data as compressed JSON in base64.

    Parameters
    ----------
    data : object
        JSON data.

    Returns
    -------
    str
        Unpacked in the browser by DecompressionStream.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # mtime=0: the same run gives the same page.
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode("ascii")


def _asset(name: str) -> str:
    return files("partnersignal.report").joinpath("templates", *name.split("/")).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
