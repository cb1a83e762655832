"""The facts of operators against ONNX's own schemas, and against who else knows operators."""

from __future__ import annotations

import pytest
from onnx import defs

from archlint.graph import evaluate, flops
from archlint.graph.operator_facts import NO_FACTS, Category, Elements, Per, Reads, Work
from archlint.graph.operator_table import OPERATORS, facts_of, operators_that

SCHEMAS = {each.name: each for each in defs.get_all_schemas() if not each.domain}

WITHOUT_FACTS = frozenset(
    """
    ConcatFromSequence ImageDecoder NegativeLogLikelihoodLoss Optional OptionalGetElement
    OptionalHasElement RegexFullMatch SequenceAt SequenceConstruct SequenceEmpty SequenceErase
    SequenceInsert SequenceLength SoftmaxCrossEntropyLoss SplitToSequence StringConcat
    StringNormalizer StringSplit TfIdfVectorizer
    """.split()
)
"""ONNX's operators on sequences, optionals, strings and files, and its losses."""

NOT_OF_ONNX = frozenset(
    """
    BiasGelu DynamicQuantizeLSTM DynamicQuantizeMatMul FastGelu FusedMatMul GatherBlockQuantized
    GroupNorm GroupQueryAttention MatMulBnb4 MatMulIntegerToFloat MatMulNBits MoE
    MultiHeadAttention PagedAttention QMoE QuickGelu ReorderInput ReorderOutput SiLU
    SimplifiedLayerNormalization SkipGroupNorm SkipLayerNormalization
    SkipSimplifiedLayerNormalization SparseAttention
    """.split()
)
"""Of runtimes, and SiLU, which exporters write as two operators."""


def _types(parameter: defs.OpSchema.FormalParameter) -> frozenset[str]:
    return frozenset(parameter.types)


def test_every_operator_of_onnx_has_facts_or_is_known_to_have_none() -> None:
    # of the schemas at hand: an older onnx has fewer
    assert SCHEMAS.keys() - OPERATORS.keys() <= WITHOUT_FACTS
    assert not WITHOUT_FACTS & OPERATORS.keys()
    if defs.onnx_opset_version() >= 24:
        assert OPERATORS.keys() - SCHEMAS.keys() == NOT_OF_ONNX


def test_what_is_not_known_is_neither_counted_nor_priced() -> None:
    facts = facts_of("Fancy")
    assert facts is NO_FACTS
    assert facts.per is Per.UNKNOWN
    assert not facts.has_kernel


def test_truth_values_are_given_by_the_operators_whose_schema_says_so() -> None:
    told = {
        name
        for name, schema in SCHEMAS.items()
        if schema.outputs and _types(schema.outputs[0]) == {"tensor(bool)"}
    }
    found = {name for name, facts in OPERATORS.items() if facts.gives_truth}
    assert found == told - WITHOUT_FACTS


def _elements(schema: defs.OpSchema) -> Elements:
    data = _types(schema.inputs[-1])
    if data == {"tensor(bool)"}:
        return Elements.TRUTH
    return Elements.WHOLE if all("int" in each for each in data) else Elements.ANY


@pytest.mark.parametrize("name", sorted(operators_that(Work.ELEMENTWISE)))
def test_an_element_wise_operator_reads_what_its_schema_says(name: str) -> None:
    schema, facts = SCHEMAS[name], OPERATORS[name]
    takes_any_number = schema.max_input > 3
    assert facts.operands == (2 if takes_any_number else schema.min_input)
    assert facts.elements is _elements(schema)


def test_only_what_recasts_gives_the_elements_of_its_input_in_another_dtype() -> None:
    for name in SCHEMAS.keys() & OPERATORS.keys():
        schema, facts = SCHEMAS[name], OPERATORS[name]
        if facts.same_elements or facts.recasts:
            in_same_dtype = schema.inputs[0].type_str == schema.outputs[0].type_str
            assert (facts.same_elements, facts.recasts) == (in_same_dtype, not in_same_dtype), name


def test_weights_are_among_the_inputs_and_all_but_the_first_may_be_settings() -> None:
    for name in SCHEMAS.keys() & OPERATORS.keys():
        schema, facts = SCHEMAS[name], OPERATORS[name]
        assert all(index < schema.max_input for index in facts.weights), name
        if facts.reads is Reads.PICKED:
            assert schema.inputs[1].name in ("indices", "rois"), name


def test_an_operator_that_runs_as_another_one_does_the_same_sort_of_work() -> None:
    for name, facts in OPERATORS.items():
        if facts.runs_as:
            other = OPERATORS[facts.runs_as]
            assert (other.work, other.runs_as, other.has_kernel) == (facts.work, "", True), name


def test_what_is_bookkeeping_to_who_compares_networks_has_no_flops_but_a_choice() -> None:
    counted = {
        name
        for name, facts in OPERATORS.items()
        if facts.category is Category.BOOKKEEPING and facts.flops
    }
    assert counted == {"Where"}


def test_there_is_a_formula_for_each_operator_that_is_counted_by_one() -> None:
    formulas = flops._FORMULAS.keys()
    assert formulas == {name for name, facts in OPERATORS.items() if facts.per is Per.FORMULA}


def test_what_is_evaluated_on_shapes_has_facts() -> None:
    assert evaluate._FUNCTIONS.keys() <= OPERATORS.keys()
