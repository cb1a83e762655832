"""The pictures of the docs that no rule's page has: predicted and measured, time and FLOPs.

Run from the repository: `python benchmarks/pictures.py` draws them into `docs/pictures/`.  The
times of networks are in `facts/networks/`, written by `benchmarks/transfer.py judge --write`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from html import escape
from math import log10
from pathlib import Path

import archlint

__all__ = ["predicted_and_measured", "time_and_flops"]

_FOLDER = Path(__file__).parent
_PICTURES = _FOLDER.parent / "docs" / "pictures"
_TARGET = "epyc-genoa-ort-fp32-1t"
_MODEL = "examples/onnx/mobilenet_v2.onnx"
_TIME, _FLOPS, _SOFT, _INK = "#1f5fa8", "#d08a1d", "#d8dee4", "#333"
_LEAST = 0.005  # of time and FLOPs both: less is no bar to see
_FONT = 'font-family="sans-serif" font-size="11"'


def predicted_and_measured() -> str:
    """Each network of a target's file: predicted over measured ms, with the band."""
    text = (_FOLDER / "facts" / "networks" / f"{_TARGET}.csv").read_text(encoding="utf-8")
    networks = [
        (row["network"], [float(row[each]) for each in _COLUMNS])
        for row in csv.DictReader(text.splitlines())
    ]
    low, high = (round(way(log10(times[0]) for _, times in networks) + shift)
                 for way, shift in ((min, -0.4), (max, 0.5)))  # fmt: skip
    size, left, top, base = 420, 52, 12, 382

    def across(ms: float) -> float:
        return left + (log10(ms) - low) / (high - low) * (size - left - 24)

    def up(ms: float) -> float:
        return base - (log10(ms) - low) / (high - low) * (base - top)

    parts = [
        f'<path d="M{across(10**low):.1f} {up(0.9 * 10**low):.1f}L{across(10**high):.1f} '
        f"{up(0.9 * 10**high):.1f}V{up(1.1 * 10**high):.1f}L{across(10**low):.1f} "
        f'{up(1.1 * 10**low):.1f}Z" fill="#b3c4d6"/>'
    ]
    for power in range(low, high + 1):
        x, y, label = across(10**power), up(10**power), f"{10.0**power:g}"
        parts += [
            f'<path d="M{x:.1f} {top}V{base}M{left} {y:.1f}H{size - 24}" stroke="{_SOFT}"/>',
            f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle">{label}</text>',
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>',
        ]
    for name, (measured, predicted, least, most) in networks:
        x = across(measured)
        parts.append(
            f"<g><title>{escape(name)}: {measured:g} ms, predicted {predicted:g}</title><path "
            f'd="M{x:.1f} {up(least):.1f}V{up(most):.1f}" stroke="{_TIME}" stroke-opacity=".5"/>'
            f'<circle cx="{x:.1f}" cy="{up(predicted):.1f}" r="2.2" fill="{_TIME}"/></g>'
        )
    parts += [
        f'<text x="{(left + size) / 2}" y="{base + 32}" text-anchor="middle">measured, ms</text>',
        f'<text x="14" y="{(top + base) / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {(top + base) / 2})">predicted, ms</text>',
    ]
    return _svg(size, size, f"{len(networks)} networks on {_TARGET}", parts)


_COLUMNS = ("measured_ms", "predicted_ms", "low_ms", "high_ms")


def time_and_flops(targets: Sequence[str] = ("rtx4090-torch2.9-amp", _TARGET)) -> str:
    """A network's blocks in their order: the share of the time beside that of the FLOPs."""
    width, height, left = 640, 170, 44
    parts: list[str] = [
        f'<rect x="{left}" y="8" width="10" height="10" fill="{_TIME}"/>'
        f'<text x="{left + 15}" y="17">of the time</text>'
        f'<rect x="{left + 90}" y="8" width="10" height="10" fill="{_FLOPS}"/>'
        f'<text x="{left + 105}" y="17">of the FLOPs</text>'
    ]
    for number, target in enumerate(targets):
        shares = list(_shares(target))
        top, base = 46 + number * height, 46 + number * height + 110
        most = max(max(time, flops) for _, time, flops in shares)
        step = (width - left - 10) / len(shares)
        parts.append(f'<text x="{left}" y="{top - 6}" font-weight="bold">{target}</text>')
        for share in (each for each in (0.0, 0.1, 0.2) if each <= most):
            y = base - share / most * 110
            parts.append(
                f'<path d="M{left} {y:.1f}H{width - 10}" stroke="{_SOFT}"/>'
                f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
            )
        for at, (name, *pair) in enumerate(shares):
            for side, (share, color) in enumerate(zip(pair, (_TIME, _FLOPS), strict=True)):
                x, tall = left + (at + 0.1 + 0.4 * side) * step, share / most * 110
                parts.append(
                    f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{0.38 * step:.1f}" '
                    f'height="{tall:.1f}" fill="{color}"/>'
                )
            middle = left + (at + 0.5) * step
            parts.append(
                f'<text x="{middle:.1f}" y="{base + 14}" text-anchor="middle" font-size="9">'
                f"{escape(name)}</text>"
            )
    tall = 30 + height * len(targets)
    return _svg(width, tall, f"Time and FLOPs of the blocks of {Path(_MODEL).stem}", parts)


def _shares(target: str) -> Iterator[tuple[str, float, float]]:
    """The blocks in the model's order: a short name, the share of the time, of the FLOPs."""
    operators = archlint.predict(_MODEL, target=target).operators
    flops = sum(each.flops for each in operators)
    blocks: dict[str, list[float]] = {}
    for each in operators:
        first, second, *_ = [*each.module.split("."), ""]
        found = blocks.setdefault(second if first == "blocks" else first, [0.0, 0.0])
        found[0] += each.share
        found[1] += each.flops / flops
    for name, (time, part) in blocks.items():
        if name and max(time, part) >= _LEAST:
            yield name, time, part


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    """A picture on paper of its own, so that it is read on a dark page too."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT} '
        f'fill="{_INK}" role="img" aria-label="{escape(label)}">'
        f'<rect width="{width}" height="{height}" rx="6" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def main() -> None:
    """Draw them."""
    _PICTURES.mkdir(exist_ok=True)
    for name, drawn in (
        ("predicted-measured", predicted_and_measured()),
        ("time-flops", time_and_flops()),
    ):
        (_PICTURES / f"{name}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
