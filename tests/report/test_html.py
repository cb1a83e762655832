from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from archlint.cost.pricing.bound import Bound
from archlint.cost.pricing.price import Basis
from archlint.linter import lint
from archlint.location import Call, Certainty, Location, Span
from archlint.report import html
from archlint.report.style import Style
from archlint.results.findings import (
    Finding,
    KernelPrice,
    MeasuredRow,
    ModelReport,
    OperatorTime,
    Report,
    RestsOn,
    Severity,
    Variant,
)
from archlint.results.judgement import Flip
from archlint.settings.options import Options
from tests.report import fakes

EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx" / "shufflenet_v1_g3.onnx"
LINE = Location(
    Span("nets/net.py", 7, 21, 7, 39, "        self.conv = nn.Conv2d(8, 8, 1)"),
    Certainty.EXACT,
    (Call(Span("nets/net.py", 20, 5, 20, 13, "    Block(8)"), "Block(...)", "Net.__init__"),),
)
ROW = MeasuredRow("G2", "Conv 8>8 k1x1", 1e-3, 0.9e-3, 1.1e-3, 5, "2026-01-02")
KERNEL = KernelPrice("now", "Conv 9>9", 2, 2e-3, 1.8e-3, 2.2e-3, Basis.INTERPOLATED, (ROW,))
EVIL = "</style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b\n&amp;##[add-mask]x"
VOID = {"meta", "br", "wbr", "input"}


def operator(name: str, ms: float, *fused: str) -> OperatorTime:
    return OperatorTime(name, "Conv", "stem", "conv", ("Conv 9>9",), fused, ms / 1e3, 0.1)


def model(*findings: Finding, path: str = "net.onnx") -> ModelReport:
    operators = (operator("/stem/Conv", 1.25, "/stages/0/3/gconv/Conv"), operator("/head", 0.5))
    target = replace(fakes.on_gpu(), operators=operators)
    return replace(fakes.model(*findings, path=path), targets=(target,))


def page(*models: ModelReport) -> str:
    return html.render(Report(models), Style())


class Outline(HTMLParser):
    """The tags of a page with their attributes, its text, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_every_tag_is_closed_and_every_link_leads_somewhere() -> None:
    rich = fakes.rich_report()
    for given in (Report(()), rich, Report((model(fakes.finding()),))):
        outline = Outline(html.render(given, Style()))
        assert outline.open == []
        anchors = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
        links = [attributes["href"] for tag, attributes in outline.tags if tag == "a"]
        assert len(set(anchors)) == len(anchors)
        assert {str(each)[1:] for each in links} <= set(anchors)


def test_the_page_forbids_itself_to_load_or_run_anything() -> None:
    outline = Outline(page(model(fakes.finding())))
    (policy,) = [a["content"] for _, a in outline.tags if "http-equiv" in a]
    assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
    tags = {tag for tag, _ in outline.tags}
    assert tags.isdisjoint({"script", "img", "link", "iframe", "object", "form"})
    attributes = {name for _, found in outline.tags for name in found}
    assert not [each for each in attributes if each.startswith("on")]
    assert attributes.isdisjoint({"style", "src", "srcset"})


EVIL_SIDE = Variant(EVIL)


def test_no_name_from_a_file_is_more_than_text() -> None:
    place = replace(
        fakes.finding().places[0], module=EVIL, now=Variant(EVIL), instead=Variant(EVIL)
    )
    kernel = replace(KERNEL, kernel=EVIL, rows=(replace(ROW, kernels=EVIL, rule=EVIL),))
    where = replace(LINE, span=replace(LINE.span, path=EVIL, text=EVIL))
    bad = replace(
        fakes.finding(), module=EVIL, message=EVIL, advice=EVIL, places=(place,),
        location=where, flips=(Flip(EVIL, 1, 8),), rests_on=(RestsOn(EVIL, (kernel,)),),
    )  # fmt: skip
    bare = Outline(page(model(replace(bad, rests_on=(RestsOn("t", (KERNEL,)),)))))
    operators = (replace(operator(EVIL, 1, EVIL), module=EVIL, kernels=(EVIL,)),)
    target = replace(fakes.on_gpu(), title=EVIL, operators=operators)
    text = page(
        replace(model(bad, path=EVIL), targets=(target,), malformed=(EVIL,), remarks=(EVIL,))
    )
    outline = Outline(text)
    assert {tag for tag, _ in outline.tags} <= {tag for tag, _ in bare.tags} | {"ul", "li", "wbr"}
    assert outline.open == []
    assert not re.search(r"[^\n\x20-\x7e]", text)
    assert "##[" not in text
    assert "<script>alert(1)" in outline.words


def test_a_finding_shows_its_source_its_prices_and_the_rows_behind_it() -> None:
    found = replace(fakes.finding(), location=LINE, rests_on=(RestsOn(fakes.GPU, (KERNEL,)),))
    words = Outline(page(model(found))).words
    assert "7 | self.conv = nn.Conv2d(8, 8, 1)" in words
    assert "by Block(...) in Net.__init__, nets/net.py:20:5" in words
    assert "1.52x (1.31 to 1.76)" in words
    assert "2 x Conv 9>92.00 ms1.80 to 2.20interpolated" in words
    assert "Conv 8>8 k1x11.00 ms0.900 to 1.105 sessionsG2, 2026-01-02" in words


def test_bars_tell_their_operator_and_lead_to_its_finding() -> None:
    outline = Outline(page(model(fakes.finding())))
    assert "/stem/Conv (conv)\nstem\n1.25 ms, 10.0 %\nConv 9>9" in outline.words
    # in their order, then the layers by time; none has FLOPs
    rects = [a["class"] for tag, a in outline.tags if tag == "rect" and a["class"] != "hit"]
    assert rects[:2] == ["bar of-error", "bar"]
    assert [each for each in rects[2:] if each != "flops"] == ["bar of-error", "bar"] * 2


def test_layers_are_there_in_three_orders_with_time_and_flops() -> None:
    stem = replace(operator("/stem/Conv", 1.0), module="stem", share=0.25, flops=3_000)
    head = replace(operator("/head", 3.0), module="", share=0.75, flops=1_000, bound=Bound.MEMORY)
    target = replace(fakes.on_gpu(), operators=(stem, head))
    text = page(replace(model(), targets=(target,)))
    sort = text[text.index('<div class="sorted">') :]
    by_time, by_flops, in_order = [part.split("</table>")[0] for part in sort.split("<table>")[1:4]]
    assert by_time.index("/head") < by_time.index("/stem/Conv")
    for other in (by_flops, in_order):
        assert other.index("/stem/Conv") < other.index("/head")
    words = Outline(by_time.removesuffix("</div>")).words
    assert "/head3.0 ms75.0 %25.0 %memoryConv 9>9" in words
    assert "stem /stem/Conv1.0 ms25.0 %75.0 %Conv 9>9" in words


def test_what_binds_the_kernels_is_told_where_the_target_tells_it() -> None:
    on = replace(operator("/stem", 1.0), share=0.9, flops=9_000, mac=100, bound=Bound.COMPUTE)
    off = replace(operator("/head", 1.0), share=0.1, flops=10, mac=100, bound=Bound.LAUNCH)
    target = replace(fakes.on_gpu(), operators=(on, off))
    outline = Outline(page(replace(model(), targets=(target,))))
    assert [a["class"] for tag, a in outline.tags if tag == "circle"] == ["by-compute", "by-launch"]
    assert (
        "90.0 % of the time goes to kernels bound by arithmetic, 10.0 % to those by the start"
        in outline.words
    )
    assert "What binds" not in page(model())


def test_the_tables_are_found_for_the_page_alone() -> None:
    options = Options(targets=("gtx1080ti-cudnn7-fp32",), batch=8, select=("G2",))
    (plain,) = lint([str(EXAMPLE)], options).models
    (told,) = lint([str(EXAMPLE)], replace(options, tables=True)).models
    assert not plain.findings[0].rests_on
    (rests_on,) = told.findings[0].rests_on
    assert {each.side for each in rests_on.kernels} == {"now", "instead"}
    assert all(each.seconds and each.rows for each in rests_on.kernels)
    assert "G2" in {row.rule for each in rests_on.kernels for row in each.rows}
    (target,) = told.targets
    assert sum(each.time for each in target.operators) == pytest.approx(target.predicted)


def chromium() -> str | None:
    """An installed browser; None where playwright's own has to be there."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture
def browser() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    with sync.sync_playwright() as driver:
        try:
            started = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        except sync.Error as fault:
            pytest.skip(f"no Chromium (CHROMIUM): {str(fault).splitlines()[0]}")
        yield started
        started.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_a_browser_shows_the_page_and_asks_for_nothing(
    browser: Any, scheme: str, width: int, tmp_path: Path
) -> None:
    report = lint([str(EXAMPLE)], Options(targets=("gtx1080ti-cudnn7-fp32",), batch=8, tables=True))
    found = report.models[0].findings
    file = tmp_path / "report.html"
    file.write_text(html.render(report, Style()), encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(file.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(15, 19, 24)")
    assert tab.locator("section.finding").count() == len(found)
    layers, orders = tab.locator(".sorted").first, []
    for order in ("by time", "by FLOPs", "in the model's order"):
        layers.get_by_label(order).check()
        assert [each.is_visible() for each in layers.locator("table").all()].count(True) == 1
        orders.append(layers.locator("table:visible tbody td:first-child").all_inner_texts())
    assert orders[0] != orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])
    assert tab.locator("svg g.op").count() == len(report.models[0].targets[0].operators)
    tab.locator("svg a").first.click()
    anchor = tab.evaluate("location.hash")
    assert re.fullmatch(r"#m1f\d+", anchor)
    assert tab.locator(f"{anchor}:target").is_visible()
    rows = tab.locator("section.finding details").last
    assert not rows.locator("table").is_visible()
    rows.locator("summary").click()
    assert rows.locator("table").is_visible()
    assert asked == [file.as_uri()]
    assert said == []


def test_the_browser_would_notice_a_request(browser: Any, tmp_path: Path) -> None:
    text = page(model(fakes.finding())).replace("<h1>", '<img src="x.png"><h1>')
    file = tmp_path / "report.html"
    file.write_text(text, encoding="utf-8")
    tab = browser.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(file.as_uri())
    assert len(said) == 1
    assert "Content Security Policy" in said[0]


@pytest.mark.parametrize("severity", Severity)
def test_each_severity_has_its_colour(severity: Severity) -> None:
    assert f'class="finding of-{severity.value}"' in page(model(fakes.finding(severity)))
