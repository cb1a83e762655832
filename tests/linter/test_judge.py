from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.pricing.price import Basis
from archlint.linter.check_rule import PricedPlace
from archlint.linter.judge import judge, saving_of
from archlint.linter.told import told
from archlint.linter.view import Priced
from archlint.results.findings import Finding, Variant
from archlint.results.judgement import Caveat, Doubt
from archlint.results.severity import Severity
from archlint.rule import Limit, Nature
from archlint.settings.options import Options
from tests.cost.paper_targets import ARM_PRICER
from tests.linter.fake_rules import EachConv, convs, covered, four_convs, place, priced

GPU, ARM = "gtx1080ti-cudnn7-fp32", "snapdragon810-neon-fp32"
UNCERTAIN = Caveat(Severity.NOTE, Doubt.UNCERTAIN)
BASE = Options()
MODEL = four_convs()
ON_ARM = four_convs(ARM_PRICER)


def findings(*places: PricedPlace, on: Priced = MODEL, options: Options = BASE) -> list[Finding]:
    found = judge(EachConv, told({GPU: places}, options.min_slowdown), {GPU: on}, options)
    return [each.finding for each in found]


def finding(*places: PricedPlace, on: Priced = MODEL, options: Options = BASE) -> Finding:
    (found,) = findings(*places, on=on, options=options)
    return found


def test_the_places_of_one_decision_are_one_finding() -> None:
    (found,) = findings(place(MODEL, 0, share=0.05), place(MODEL, 2, share=0.1))
    assert (found.code, found.name) == ("T1", "wide-conv")
    assert found.count == 2
    assert found.module == "blocks.*.conv"
    # the costliest place comes first
    assert [each.operators for each in found.places] == [("blocks.2.conv",), ("blocks.0.conv",)]
    assert found.prices[0].saving_share == pytest.approx(0.15)


def test_another_decision_is_another_finding() -> None:
    found = findings(
        place(MODEL, 0, share=0.05, decision="one"), place(MODEL, 1, share=0.05, decision="other")
    )
    assert [each.count for each in found] == [1, 1]
    assert len({each.fingerprint for each in found}) == 2


def test_no_places_are_no_findings() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("share", "severity"),
    [
        (0.101, Severity.ERROR),
        (0.099, Severity.WARNING),
        (0.021, Severity.WARNING),
        (0.019, Severity.NOTE),
    ],
)
def test_the_severity_is_the_share_of_the_model_s_time(share: float, severity: Severity) -> None:
    found = finding(place(MODEL, 0, share=share))
    assert found.severity is severity
    assert found.prices[0].caveat is None


def test_the_severity_is_that_of_all_places_together() -> None:
    several = [place(MODEL, number, share=0.03) for number in range(4)]
    assert finding(*several).severity is Severity.ERROR
    assert finding(several[0]).severity is Severity.WARNING


@pytest.mark.parametrize(
    ("basis", "severity"),
    [
        (Basis.MEASURED, Severity.ERROR),
        (Basis.INTERPOLATED, Severity.ERROR),
        (Basis.TRANSFERRED, Severity.WARNING),
        (Basis.MODELLED, Severity.WARNING),
        (Basis.INFERRED, Severity.WARNING),
        (Basis.EXTRAPOLATED, Severity.NOTE),
    ],
)
def test_the_basis_of_the_prices_limits_the_severity(basis: Basis, severity: Severity) -> None:
    found = finding(place(MODEL, 0, share=0.2, basis=basis))
    assert found.severity is severity
    caveat = Caveat(severity, Doubt.BASIS, basis=basis)
    assert found.prices[0].caveat == (None if severity is Severity.ERROR else caveat)


@pytest.mark.parametrize(("low", "certain"), [(1.001, True), (1.0, False), (0.9, False)])
def test_a_saving_that_may_be_none_is_a_note(low: float, *, certain: bool) -> None:
    found = finding(place(MODEL, 0, share=0.2, low=low))
    assert found.severity is (Severity.ERROR if certain else Severity.NOTE)
    assert found.prices[0].caveat == (None if certain else UNCERTAIN)


def test_a_limit_of_the_rule_holds_with_its_reason() -> None:
    limited = place(MODEL, 0, share=0.2, limit=Limit(Severity.WARNING, "an upper bound"))
    found = finding(limited)
    assert found.severity is Severity.WARNING
    caveat = Caveat(Severity.WARNING, Doubt.RULE, rule="an upper bound")
    assert found.prices[0].caveat == caveat


@pytest.mark.parametrize("gravest", [Severity.NOTE, Severity.WARNING])
def test_what_only_removes_something_is_a_cost_and_no_advice(gravest: Severity) -> None:
    bound = place(MODEL, 0, share=0.2, nature=Nature.UPPER_BOUND)
    found = finding(bound, options=Options(upper_bounds=gravest))
    assert (found.severity, found.upper_bound, found.exact) == (gravest, True, False)
    assert found.prices[0].caveat == Caveat(gravest, Doubt.UPPER_BOUND)


def test_an_upper_bound_is_a_note_by_default() -> None:
    bound = place(MODEL, 0, share=0.2, nature=Nature.UPPER_BOUND)
    assert finding(bound).severity is Severity.NOTE


def test_what_saves_little_is_a_note_for_that_alone() -> None:
    bound = place(MODEL, 0, share=0.019, nature=Nature.UPPER_BOUND)
    assert finding(bound).prices[0].caveat is None


def test_what_computes_the_same_is_exact_and_may_be_an_error() -> None:
    found = finding(place(MODEL, 0, share=0.2, nature=Nature.EXACT))
    assert (found.severity, found.upper_bound, found.exact) == (Severity.ERROR, False, True)


def test_a_limit_that_does_not_bind_is_not_told() -> None:
    limited = place(MODEL, 0, share=0.05, limit=Limit(Severity.WARNING, "an upper bound"))
    assert finding(limited).prices[0].caveat is None


def test_places_that_are_limited_do_not_raise_the_severity_of_the_others() -> None:
    sure = place(MODEL, 0, share=0.03)
    unsure = place(MODEL, 1, share=0.2, low=0.9)
    found = finding(sure, unsure)
    assert found.severity is Severity.WARNING
    assert found.prices[0].saving_share == pytest.approx(0.23)
    assert found.prices[0].caveat == replace(UNCERTAIN, of=2)


def test_a_limit_says_at_how_many_places_it_holds() -> None:
    modelled = [place(MODEL, number, share=0.1, basis=Basis.MODELLED) for number in range(2)]
    found = finding(*modelled, place(MODEL, 2, share=0.01, basis=Basis.EXTRAPOLATED))
    assert found.severity is Severity.WARNING
    caveat = Caveat(Severity.WARNING, Doubt.BASIS, basis=Basis.MODELLED, places=2, of=3)
    assert found.prices[0].caveat == caveat


@pytest.mark.parametrize(("coverage", "severity"), [(0.8, Severity.ERROR), (0.79, Severity.NOTE)])
def test_beside_what_has_no_price_a_hardly_priced_model_has_notes_only(
    coverage: float, severity: Severity
) -> None:
    found = finding(place(MODEL, 0, share=0.2), on=covered(MODEL, coverage, without=[1]))
    assert found.severity is severity
    caveat = Caveat(Severity.NOTE, Doubt.COVERAGE, coverage=coverage)
    assert found.prices[0].caveat == (None if severity is Severity.ERROR else caveat)


@pytest.mark.parametrize(
    ("coverage", "severity"), [(0.79, Severity.ERROR), (0.4, Severity.WARNING)]
)
def test_elsewhere_its_severity_is_that_of_its_share_of_the_whole(
    coverage: float, severity: Severity
) -> None:
    found = finding(place(MODEL, 0, share=0.2), on=covered(MODEL, coverage, without=[3]))
    assert found.severity is severity
    caveat = Caveat(Severity.WARNING, Doubt.COVERAGE, coverage=coverage)
    assert found.prices[0].caveat == (None if severity is Severity.ERROR else caveat)


def test_places_below_the_least_slowdown_are_no_finding() -> None:
    slight = place(MODEL, 0, share=0.2, slowdown=1.09)
    assert findings(slight) == []
    assert finding(slight, options=Options(min_slowdown=1.05)).count == 1


def test_a_decision_that_counts_is_told_with_all_its_places() -> None:
    slight = [place(MODEL, n, share=0.04, slowdown=1.06, low=1.02) for n in range(3)]
    found = finding(*slight, place(MODEL, 3, share=0.02))
    assert found.count == 4
    assert found.prices[0].saving_share == pytest.approx(0.14)
    # all together are 1.16 times slower
    assert found.severity is Severity.ERROR
    assert found.prices[0].caveat is None


def test_places_count_by_themselves_where_all_together_are_hardly_slow() -> None:
    slight = [place(MODEL, n, share=0.015, slowdown=1.06, low=1.02) for n in range(3)]
    (price,) = finding(*slight, place(MODEL, 3, share=0.03)).prices
    assert price.slowdown < 1.1
    assert price.saving_share == pytest.approx(0.075)
    assert price.severity is Severity.WARNING
    (price,) = finding(*slight, place(MODEL, 3, share=0.019)).prices
    assert price.severity is Severity.NOTE
    caveat = Caveat(Severity.NOTE, Doubt.SLOWDOWN, min_slowdown=1.1, places=3, of=4)
    assert price.caveat == caveat


def test_a_decision_that_counts_is_told_without_places_that_may_save_nothing() -> None:
    slight = place(MODEL, 0, share=0.1, slowdown=1.09, low=0.98)
    found = finding(slight, place(MODEL, 1, share=0.05))
    assert found.count == 1
    assert found.prices[0].saving_share == pytest.approx(0.05)


def test_another_decision_s_places_bring_none_along() -> None:
    slight = place(MODEL, 0, share=0.1, slowdown=1.09, low=1.05, decision="other")
    assert finding(slight, place(MODEL, 1, share=0.05)).count == 1


def test_a_decision_that_is_slow_on_one_target_shows_the_others_as_notes() -> None:
    slow, slight = place(MODEL, 0, share=0.2), place(ON_ARM, 0, share=0.15, slowdown=1.05)
    views = {GPU: MODEL, ARM: ON_ARM}
    ((found),) = judge(EachConv, told({GPU: [slow], ARM: [slight]}, 1.1), views, BASE)
    assert [(price.target, price.severity) for price in found.finding.prices] == [
        (GPU, Severity.ERROR),
        (ARM, Severity.NOTE),
    ]
    assert found.finding.severity is Severity.ERROR
    caveat = Caveat(Severity.NOTE, Doubt.SLOWDOWN, min_slowdown=1.1)
    assert found.finding.prices[1].caveat == caveat
    assert found.finding.count == 1


def test_a_decision_that_is_slow_nowhere_is_no_finding() -> None:
    slight = [place(each, 0, share=0.2, slowdown=1.09) for each in (MODEL, ON_ARM)]
    assert told({GPU: slight[:1], ARM: slight[1:]}, 1.1) == {GPU: [], ARM: []}


def test_now_less_the_saving_is_instead() -> None:
    (price,) = finding(place(MODEL, 0, share=0.1), place(MODEL, 1, share=0.05)).prices
    assert price.now == pytest.approx(MODEL.total.seconds / 2)
    assert price.instead == pytest.approx(price.now - price.saving)
    assert price.slowdown == pytest.approx(price.now / price.instead)
    assert price.saving == pytest.approx(price.now * (1 - 1 / price.slowdown))
    assert price.slowdown_low <= price.slowdown <= price.slowdown_high


def test_a_kernel_of_two_places_saves_once() -> None:
    greater, lesser = place(MODEL, 0, 1, share=0.2), place(MODEL, 1, 2, share=0.1)
    # half of the lesser's kernels are gone with the greater
    assert saving_of([lesser, greater], MODEL) == pytest.approx(
        [0.05 * MODEL.total.seconds, 0.2 * MODEL.total.seconds]
    )
    assert finding(lesser, greater).prices[0].saving_share == pytest.approx(0.25)


def test_a_place_found_twice_saves_once() -> None:
    same = [place(MODEL, 0, 1, share=0.2) for _ in range(3)]
    assert sum(saving_of(same, MODEL)) == pytest.approx(0.2 * MODEL.total.seconds)


@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 3), min_size=1), st.floats(0.01, 0.99)),
        min_size=1,
        max_size=8,
    )
)
def test_savings_never_exceed_what_their_kernels_take(
    drawn: list[tuple[set[int], float]],
) -> None:
    places = [
        place(MODEL, *sorted(kernels), share=part * len(kernels) / 4) for kernels, part in drawn
    ]
    savings = saving_of(places, MODEL)
    touched = set().union(*(kernels for kernels, _ in drawn))
    assert sum(savings) <= len(touched) / 4 * MODEL.total.seconds * (1 + 1e-9)
    for saving, each in zip(savings, places, strict=True):
        assert 0 <= saving <= each.comparison.saving * (1 + 1e-9)


def fingerprint(on: Priced, decision: str = "decision") -> str:
    return finding(place(on, 0, 1, share=0.1, decision=decision), on=on).fingerprint


def test_a_fingerprint_outlives_other_names_and_batches() -> None:
    assert fingerprint(MODEL) == fingerprint(priced(convs(prefix="stages"), "stages.3.conv"))
    assert fingerprint(MODEL) == fingerprint(priced(convs(batch=8), "blocks.3.conv"))


def test_a_fingerprint_changes_with_what_is_found() -> None:
    assert fingerprint(MODEL) != fingerprint(MODEL, "another")
    one, two = (place(MODEL, *kernels, share=0.1) for kernels in ((0,), (0, 1)))
    assert finding(one).fingerprint != finding(two).fingerprint


def test_a_fingerprint_does_not_change_with_prices() -> None:
    one, two = place(MODEL, 0, share=0.1), place(MODEL, 0, share=0.2, slowdown=2.0)
    assert finding(one).fingerprint == finding(two).fingerprint


def test_the_module_is_what_all_places_share() -> None:
    def module(*modules: str) -> str:
        places = [
            replace(place(MODEL, number, share=0.05), module=module)
            for number, module in enumerate(modules)
        ]
        return finding(*places).module

    assert module("stem.conv") == "stem.conv"
    assert module("blocks.0.conv", "blocks.3.conv") == "blocks.*.conv"
    assert module("layer1.0.conv1", "layer2.1.conv1") == "layer*.*.conv1"
    assert module("block4-2.conv", "block4-3.conv", "block2-0.conv") == "block*-*.conv"
    assert module("conv", "conv2") == "conv*"
    assert module("conv1", "conv2_3") == "*"
    assert module("encoder.conv", "decoder.conv") == "*.conv"
    assert module("stem.conv", "stem.conv.inner") == "stem.conv.*"


def test_a_place_shows_its_kernels_and_its_own_price() -> None:
    (found,) = finding(place(MODEL, 0, 1, share=0.2)).places
    (_, conv), *_ = parse_chain("Conv 64>64 k3x3 @28x28")
    assert found.operators == ("blocks.0.conv", "blocks.1.conv")
    assert found.now == Variant("much", (conv, conv))
    assert found.instead == Variant("less by 0.2", (conv, conv))
    assert found.module == "blocks.0.conv"
    assert found.prices[0].saving_share == pytest.approx(0.2)
