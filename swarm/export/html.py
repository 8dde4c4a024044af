"""A run as one page that needs nothing else: no network, no other file."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

_STYLES = ("base.css", "timeline.css", "tree.css", "panels.css", "sizes.css")
_SCRIPTS = ("base.js", "blocks.js", "items.js", "tree.js", "panels.js", "tabs.js", "timeline.js", "main.js")
_TOKEN = re.compile(r"@(policy|title|style|script|data)@")
_ENDS_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def html_page(data: Mapping[str, Any], title: str) -> str:
    """The page, plain ASCII but for what the program itself says.

    Nothing of the run is markup in it: texts are a block of JSON, which the script puts on the page as text. A policy
    in the page forbids everything but the one script and the one style.

    Args:
        data: As `page_data` gives it.
        title: Of the window.
    """
    style = "\n".join(map(_part, _STYLES))
    script = '"use strict";\n(() => {\n' + "\n".join(map(_part, _SCRIPTS)) + "})();\n"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    parts = {"policy": policy, "title": escape(title), "style": style, "script": script, "data": _embedded(data)}
    return _TOKEN.sub(lambda token: parts[token[1]], _part("page.html"))


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that can stand in a script element whatever it holds."""
    return json.dumps(data, separators=(",", ":")).translate(_ENDS_SCRIPT)


def _hash(text: str) -> str:
    """As a policy names an inline script or style."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _part(name: str) -> str:
    return files("swarm.export").joinpath("page", name).read_text(encoding="utf-8")
