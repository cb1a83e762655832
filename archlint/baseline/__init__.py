"""Places that are known: how one is known again in another version of a model, and their file."""

from archlint.baseline.entry import Entry, Sighting
from archlint.baseline.file import Baseline, baseline_text, read_baseline
from archlint.baseline.pairing import Pairing, pair
from archlint.baseline.written_for import WrittenFor

__all__ = [
    "Baseline", "Entry", "Pairing", "Sighting", "WrittenFor", "baseline_text", "pair",
    "read_baseline",
]  # fmt: skip
