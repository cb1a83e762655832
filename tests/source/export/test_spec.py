from __future__ import annotations

import pytest

from archlint.errors import UsageError
from archlint.source.export.spec import InputSpec, ModelSpec, is_source, parse_input, parse_kwargs


@pytest.mark.parametrize(
    ("text", "source", "attribute", "is_file"),
    [
        ("nets.py:Net", "nets.py", "Net", True),
        ("path/to/nets.py:make_net", "path/to/nets.py", "make_net", True),
        ("C:\\nets\\a.py:Net", "C:\\nets\\a.py", "Net", True),
        ("package.module:factory", "package.module", "factory", False),
        ("pkg.mod:Class.method", "pkg.mod", "Class.method", False),
    ],
)
def test_a_factory_is_a_path_or_a_module_and_a_dotted_name(
    text: str, source: str, attribute: str, is_file: bool
) -> None:
    spec = ModelSpec.parse(text)
    assert (spec.source, spec.attribute, spec.is_file) == (source, attribute, is_file)
    assert spec.factory == text
    assert is_source(text)


@pytest.mark.parametrize(
    "text", ["", "nets.py", ":Net", "nets.py:", "nets.py:a-b", "a b:Net", "a:b:c"]
)
def test_other_text_is_no_factory(text: str) -> None:
    assert not is_source(text)
    with pytest.raises(UsageError, match="is no model: ") as caught:
        ModelSpec.parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1x3x224x224", InputSpec((1, 3, 224, 224))),
        ("7", InputSpec((7,))),
        ("int64[1,128]", InputSpec((1, 128), "int64")),
        ("float16[1, 3, 224, 224]", InputSpec((1, 3, 224, 224), "float16")),
        ("bool[]", InputSpec((), "bool")),
        ("input_ids=int64[1,128]", InputSpec((1, 128), "int64", "input_ids")),
        ("image=1x3x8x8", InputSpec((1, 3, 8, 8), "float32", "image")),
    ],
)
def test_an_input_has_a_shape_and_may_have_a_dtype_and_a_name(
    text: str, expected: InputSpec
) -> None:
    assert parse_input(text) == expected
    assert parse_input(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'input "" is no shape: '),
        ("1x", 'input "1x" is no shape: '),
        ("1x-3", 'input "1x-3" is no shape: '),
        ("1x\u0663", "is no shape: "),
        ("1x0x3", 'input "1x0x3": a size of 0'),
        ("int46[1]", 'input "int46[1]": no dtype is called "int46" (did you mean "int64"?)'),
        ("1x3\n4", 'input "1x3?4" is no shape: '),
        ("9" * 5000, "is no shape: "),
    ],
)
def test_a_wrong_input_is_one_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_input(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_inputs_by_name_follow_those_by_position() -> None:
    spec = ModelSpec.parse("nets:Net", ["1x3", "mask=bool[1,3]"])
    assert spec.inputs == (InputSpec((1, 3)), InputSpec((1, 3), "bool", "mask"))
    with pytest.raises(UsageError, match="without a name follows"):
        ModelSpec.parse("nets:Net", ["mask=bool[1,3]", "1x3"])
    with pytest.raises(UsageError, match="the input x is given twice"):
        ModelSpec.parse("nets:Net", ["x=1x3", "x=1x3"])


def test_kwargs_are_a_json_object() -> None:
    assert parse_kwargs('{"num_classes": 10}') == {"num_classes": 10}
    assert ModelSpec.parse("nets:Net", (), {"depth": 2}).kwargs == {"depth": 2}


@pytest.mark.parametrize("text", ["", "{", "[1]", "1", "{'a': 1}", "[" * 100_000])
def test_other_kwargs_are_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"are no JSON") as caught:
        parse_kwargs(text)
    assert "\n" not in str(caught.value)
