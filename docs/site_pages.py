"""A hook of mkdocs: pages that lie elsewhere in the repository, and links that lead out of docs/.

A page is written once, where GitHub shows it; the site takes it from there.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_ROOT = Path(__file__).parents[1]
_REPOSITORY = "https://github.com/archlint/archlint/blob/main/"
_LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s#]+)(?P<anchor>#[^)]*)?(?=\))")

_RULES = sorted(path.relative_to(_ROOT).as_posix() for path in _ROOT.glob("rules/*/README.md"))
_PLOTS = sorted(path.relative_to(_ROOT).as_posix() for path in _ROOT.glob("rules/*/plot.svg"))
_EVIDENCE = sorted(path.name for path in _ROOT.glob("docs/inferred-targets/*.md"))

_FROM_ELSEWHERE = {
    "README.md": "index.md",
    **{name: name for name in ("CONTRIBUTING.md", "CHANGELOG.md", *_RULES, *_PLOTS)},
}
"""What of the repository is on the site beside docs/, and where."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the rules and the evidence of targets where they belong in the navigation."""
    _under(config.nav, "Rules").extend(_RULES)
    _under(config.nav, "Targets").append(
        {"Evidence": [f"inferred-targets/{name}" for name in _EVIDENCE]}
    )
    return config


def _under(nav: Any, title: str) -> list[Any]:
    """The entries of a part of the navigation."""
    return next(part[title] for part in nav if isinstance(part, dict) and title in part)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies elsewhere."""
    for source, page in _FROM_ELSEWHERE.items():
        files.append(File.generated(config, page, abs_src_path=str(_ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead links to where things are on the site, or else to the repository."""
    here = page.file.src_uri
    source = next((of for of, to in _FROM_ELSEWHERE.items() if to == here), f"docs/{here}")
    return _LINK.sub(lambda link: _led(link, source, here), markdown)


def _led(link: re.Match[str], source: str, here: str) -> str:
    """A link of the file `source`, as the page `here` of the site has it."""
    path, anchor = link["path"], link["anchor"] or ""
    if path.startswith(_REPOSITORY):
        target = path.removeprefix(_REPOSITORY)
    elif re.match(r"[a-z]+:", path):
        return link[0]
    else:
        target = normpath(join(dirname(source), path))
    inside = target.removeprefix("docs/") if target.startswith("docs/") else None
    inside = _FROM_ELSEWHERE.get(target, inside)
    if inside is None or not (_ROOT / target).is_file():
        return f"{_REPOSITORY}{target}{anchor}"
    return f"{relpath(inside, dirname(here) or '.')}{anchor}"
