"""`--format json`: everything, for machines; `check.schema.json` describes it.

Times are in ms, shares from 0 to 1.  Hidden notes and `--top` are a matter of the screen: here
is always all.  Text is ASCII, so that no name from a file can steer a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from archlint.report.finding_json import finding_json, head_json
from archlint.report.json_text import SCHEMA_VERSION, Json, checksum, dumped, ms, plain, rounded
from archlint.report.shown import is_skipped
from archlint.report.style import Style
from archlint.report.words import brought_text
from archlint.results.findings import (
    FindingAtBatch,
    IgnoredFinding,
    ModelReport,
    Report,
    TargetReport,
)
from archlint.results.shares import BlockShare, KindShare

__all__ = ["model_json", "render"]


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """The whole report."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "models": [model_json(each) for each in report.models],
        "skipped": sum(map(is_skipped, report.models)),
        "unused_ignores": report.unused_ignores,
        "comment_faults": report.comment_faults,
        "stale": report.stale,
        "problems": report.problems,
        "shard": report.shard,
    }
    return dumped({**document, "checksum": checksum(document)})


def model_json(model: ModelReport) -> Json:
    """One model of a report."""
    return {
        "path": model.path,
        "opset": model.opset,
        "inputs": plain(model.inputs),
        "operators": model.operators,
        "flops": model.flops,
        "mac_bytes": model.mac,
        "parameters": model.parameters,
        "batch": model.batch,
        "flips": [_brought(each) for each in model.flips],
        "assumptions": model.assumptions,
        "remarks": model.remarks,
        "targets": [_target(each) for each in model.targets],
        "findings": [finding_json(each) for each in model.findings],
        "ignored": _ignored(model.ignored),
        "known": _ignored(model.known),
        "shapeless": plain(model.shapeless),
        "malformed": model.malformed,
        "unknown_operators": plain(model.unknown_operators),
        "skipped": model.skipped,
        "error": model.error,
    }


def _target(target: TargetReport) -> Json:
    return {
        "target": target.target,
        "title": target.title,
        "stored_dtype": target.stored or None,
        "is_default": target.is_default,
        "predicted_ms": ms(target.predicted),
        "low_ms": ms(target.low),
        "high_ms": ms(target.high),
        "basis": target.basis.value,
        "coverage": rounded(target.coverage),
        "unpriced": plain(target.unpriced),
        "kinds": [{"kind": each.kind, **_share(each)} for each in target.kinds],
        "blocks": [{"modules": each.modules, **_share(each)} for each in target.blocks],
        "saving_ms": ms(target.saving),
        "saving_findings": target.saving_findings,
        "batch": target.batch,
        "rules": [
            {
                "code": each.code,
                "name": each.name,
                "saving_ms": ms(each.saving),
                "saving_share": rounded(each.share),
            }
            for each in target.rules
        ],
    }


def _share(part: KindShare | BlockShare) -> Json:
    return {
        "count": part.count,
        "ms": ms(part.time),
        "share": rounded(part.share),
        "flops": part.flops,
        "flops_share": rounded(part.flops_share),
        "mac_bytes": part.mac,
        "mac_share": rounded(part.mac_share),
    }


def _ignored(ignored: Sequence[IgnoredFinding]) -> Sequence[Json]:
    return [{"finding": finding_json(each.finding), "reason": each.reason} for each in ignored]


def _brought(brought: FindingAtBatch) -> Json:
    return {
        "assumed_batch": brought.assumed_batch,
        "batch": brought.batch,
        **head_json(brought.finding),
        "saving_share": rounded(brought.finding.saving_share),
        "text": brought_text(brought),
    }
