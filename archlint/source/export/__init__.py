"""From `nets.py:Net` to an ONNX proto without weights, and where its modules were constructed."""

from archlint.source.export.exported import Exported, Recorded, Site
from archlint.source.export.runner import export
from archlint.source.export.spec import InputSpec, ModelSpec

__all__ = ["Exported", "InputSpec", "ModelSpec", "Recorded", "Site", "export"]
