"""What a rule says of an operator, as a person reads it."""

from __future__ import annotations

from archlint.results.explanation import ExplainedPlace, ExplainedSilence

__all__ = ["reason_text"]


def reason_text(rule: ExplainedPlace | ExplainedSilence) -> str:
    """What a rule says of an operator."""
    if isinstance(rule, ExplainedSilence):
        return rule.reason
    band = f"{rule.slowdown_low:.2f} to {rule.slowdown_high:.2f}, {rule.basis.value}"
    change = f"{rule.now.text}; instead {rule.instead.text}"
    return f"{change}: {rule.slowdown:.2f}x slower ({band})"
