"""ONNX models as graphs of operators, read without their weights."""

from archlint.graph.model import Model, ModelInput
from archlint.graph.operator import Attribute, Operator, Tensor
from archlint.graph.reader import read_model

__all__ = ["Attribute", "Model", "ModelInput", "Operator", "Tensor", "read_model"]
