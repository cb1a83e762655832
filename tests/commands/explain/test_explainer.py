from __future__ import annotations

from onnx import TensorProto

from archlint.commands.explain import explain
from archlint.settings.options import Options
from archlint.testing import Net


def test_what_is_not_there_in_the_dtype_priced_is_told() -> None:
    net = Net(TensorProto.FLOAT16)
    x = net.conv(net.input(1, 8, 14, 14), 16, name="conv")
    proto = net.proto(net.op("Cast", x, to=TensorProto.FLOAT, name="cast"))
    on_gpu = Options(targets=("gtx1080ti-cudnn7-fp32",))
    told = {each.op_type: each.kernel for each in explain(proto, None, on_gpu).operators}
    assert told == {"Conv": "Conv 8>16 k1x1 @14x14", "Cast": "not there in the dtype priced"}
