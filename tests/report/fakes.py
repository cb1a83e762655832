"""Reports built by hand, as a linter would give them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archlint.cost.kernels.kernel import parse_chain
from archlint.cost.pricing.bound import Bound
from archlint.cost.pricing.price import Basis
from archlint.graph.model import ModelInput
from archlint.results.explanation import (
    ExplainedOperator,
    ExplainedPlace,
    ExplainedPrice,
    ExplainedSilence,
    ExplainedTarget,
    Explanation,
)
from archlint.results.findings import (
    Finding,
    FoundPlace,
    IgnoredFinding,
    ModelReport,
    PricedOn,
    Report,
    Severity,
    TargetReport,
    Unpriced,
    Variant,
)
from archlint.results.judgement import Caveat, Doubt, Sizes
from archlint.results.shares import BlockShare, KindShare
from archlint.results.target_summary import KindError, RulePage, RuleRows, TargetSummary

GPU = "gtx1080ti-cudnn7-fp32"
ARM = "snapdragon810-neon-fp32"


@dataclass(frozen=True, slots=True)
class Groups:
    groups: int
    channels_per_group: int
    ratio: float


def priced(
    severity: Severity,
    now: float,
    slowdown: float,
    share: float,
    *,
    target: str = GPU,
    basis: Basis = Basis.INTERPOLATED,
    caveat: Caveat | None = None,
) -> PricedOn:
    return PricedOn(
        target=target,
        severity=severity,
        now=now,
        instead=now / slowdown,
        slowdown=slowdown,
        slowdown_low=slowdown * 0.86,
        slowdown_high=slowdown * 1.16,
        saving=now * (1 - 1 / slowdown),
        saving_share=share,
        basis=basis,
        caveat=caveat,
    )


def variant(text: str, chain: str) -> Variant:
    kernels = (kernel for count, kernel in parse_chain(chain) for _ in range(count))
    return Variant(text, tuple(kernels))


def place(module: str, price: PricedOn) -> FoundPlace:
    return FoundPlace(
        operators=(f"/{module.replace('.', '/')}/Conv",),
        module=module,
        location=None,
        evidence=Groups(3, 80, 1.0 / 3.0),
        now=variant(
            "1x1 conv 240 -> 240 in 3 groups at 28x28, and the block around it",
            "2 Conv 240>240 k1x1 g3 @28x28; Add 240 @28x28",
        ),
        instead=variant(
            "1x1 conv 136 -> 136, dense, with the same FLOPs", "2 Conv 136>136 k1x1 @28x28"
        ),
        prices=(price,),
    )


def finding(severity: Severity = Severity.ERROR) -> Finding:
    share = {Severity.ERROR: 0.104, Severity.WARNING: 0.061, Severity.NOTE: 0.004}[severity]
    return Finding(
        code="G2",
        name="group-convolution",
        severity=severity,
        message="1x1 convs in 3 groups take longer than dense ones with the same FLOPs",
        module="stages.*.*.gconv",
        count=2,
        location=None,
        exact=False,
        upper_bound=False,
        fingerprint="8a6f0c2e",
        prices=(priced(severity, 1.84e-3, 1.52, share),),
        places=(
            place("stages.0.3.gconv", priced(severity, 1.2e-3, 1.6, share * 0.7)),
            place("stages.1.7.gconv", priced(severity, 0.64e-3, 1.4, share * 0.3)),
        ),
        sizes=Sizes(((28, 28), (7, 7)), (240, 960)),
        advice="Use dense convs with fewer channels.",
    )


def exact_finding() -> Finding:
    both = (
        priced(Severity.WARNING, 0.9e-3, 1.31, 0.021, basis=Basis.MEASURED),
        priced(
            Severity.NOTE,
            31e-3,
            1.12,
            0.012,
            target=ARM,
            basis=Basis.MODELLED,
            caveat=Caveat(Severity.NOTE, Doubt.UNCERTAIN),
        ),
    )
    one = replace(place("", both[0]), operators=("Conv_12", "Conv_13", "Add_14"), prices=both)
    return replace(
        finding(Severity.WARNING),
        code="G3",
        name="fragmentation",
        message="an undeployed RepVGG block runs 3 branches that fold into one conv",
        module="",
        count=1,
        exact=True,
        prices=both,
        places=(one,),
        sizes=Sizes(),
        advice="",
    )


def upper_bound_finding() -> Finding:
    caveat = Caveat(Severity.NOTE, Doubt.BASIS, basis=Basis.EXTRAPOLATED, places=2, of=2)
    note = priced(Severity.NOTE, 0.31e-3, 1.4, 0.009, basis=Basis.EXTRAPOLATED, caveat=caveat)
    return replace(
        finding(Severity.NOTE),
        code="G4",
        name="element-wise",
        message="channel shuffles move data",
        module="stages.*.*.shuffle",
        upper_bound=True,
        prices=(note,),
        places=(place("stages.0.0.shuffle", note), place("stages.0.1.shuffle", note)),
        advice="",
    )


def on_gpu(*, is_default: bool = True) -> TargetReport:
    return TargetReport(
        target=GPU,
        title="NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8, NCHW",
        is_default=is_default,
        predicted=10.312e-3,
        low=9.621e-3,
        high=11.05e-3,
        basis=Basis.MODELLED,
        coverage=0.9716,
        unpriced=(Unpriced("Resize", 2), Unpriced("Softmax", 1)),
        kinds=(
            KindShare("group conv", 4.81e-3, 0.467, 32, 30_000_000, 0.041, 120_000_000, 0.6),
            KindShare("dense conv", 2.1e-3, 0.2, 3, 700_000_000, 0.959, 60_000_000, 0.3),
            KindShare("movement", 0.00041e-3, 0.0000398, 1, 0, 0.0, 20_000_000, 0.1),
        ),
        blocks=(
            BlockShare(
                ("stages.0.1", "stages.0.2"), 3e-3, 0.29, 12, 9_000_000, 0.012, 7_000_000, 0.035
            ),
            BlockShare(("stem",), 1e-3, 0.097, 1, 500_000_000, 0.685, 3_000_000, 0.015),
        ),
        saving=2.1e-3,
        saving_findings=2,
    )


def on_arm() -> TargetReport:
    return TargetReport(
        target=ARM,
        title="Qualcomm Snapdragon 810, NEON, fp32, 1 thread, batch 8",
        is_default=False,
        predicted=1.25,
        low=1.1,
        high=1.4,
        basis=Basis.INTERPOLATED,
        coverage=1.0,
        unpriced=(),
        kinds=(KindShare("group conv", 1.25, 1.0, 32, 1_096_000_000, 1.0, 345_600_000, 1.0),),
        saving=0.0,
        saving_findings=0,
    )


def model(*findings: Finding, path: str = "examples/shufflenet_v1_g3.onnx") -> ModelReport:
    return ModelReport(
        path=path,
        opset=17,
        inputs=(ModelInput("image", "float", (8, 3, 224, 224), assumed=True),),
        operators=152,
        flops=1_096_000_000,
        mac=345_600_000,
        parameters=3_504_872,
        targets=(on_gpu(),),
        findings=findings,
        assumptions=("image: batch is 8",),
        batch=8,
    )


def rich_model() -> ModelReport:
    """A model with everything there can be."""
    return replace(
        model(finding(), exact_finding(), finding(Severity.NOTE), upper_bound_finding()),
        targets=(on_gpu(is_default=False), on_arm()),
        ignored=(IgnoredFinding(finding(), "retrained in May, see #12"),),
        shapeless=(Unpriced("NonZero", 1), Unpriced("Resize", 3)),
        malformed=("Conv_12: group is 0",),
    )


def rich_report() -> Report:
    return Report(
        models=(
            rich_model(),
            replace(model(path="examples/resnet18.onnx"), assumptions=()),
            ModelReport("bad.onnx", error="not an ONNX model: it ends inside a field"),
        ),
        unused_ignores=('pyproject.toml: ignore 2: rule "G2", model "*", place "stem.*"',),
    )


def explanation() -> Explanation:
    conv = ExplainedOperator(
        name="/features/features.2/conv/conv.0/conv.0.0/Conv",
        op_type="Conv",
        module="features.2.conv.0.0",
        input_shapes=((8, 16, 112, 112),),
        output_shapes=((8, 96, 112, 112),),
        weight_shape=(96, 16, 1, 1),
        groups=1,
        strides=(1, 1),
        flops=308_281_344,
        mac_bytes=44_965_888,
        kernel="conv1x1 16 -> 96 at 112x112, ReLU6 fused",
        prices=(
            ExplainedPrice(
                GPU, 0.2134567, 0.19, 0.24, Basis.INTERPOLATED, 0.041, Bound.MEMORY, 44_960_000
            ),
        ),
        rules=(
            ExplainedPlace(
                code="G1",
                target=GPU,
                fired=True,
                operators=("/features/features.2/conv/conv.0/conv.0.0/Conv",),
                module="features.2.conv.0.0",
                now=variant("1:6 widths", "Conv 16>96 k1x1 @112x112 b8"),
                instead=variant("1:2", "Conv 28>56 k1x1 @112x112 b8"),
                slowdown=1.42,
                slowdown_low=1.2,
                slowdown_high=1.7,
                basis=Basis.INTERPOLATED,
                upper_bound=False,
            ),
            ExplainedSilence("G2", GPU, "not a group conv"),
        ),
        parameters=1536,
    )
    relu = replace(
        conv,
        name="/features/features.2/conv/conv.0/conv.0.2/Clip",
        op_type="Clip",
        module="features.2.conv.0.2",
        weight_shape=None,
        groups=None,
        strides=None,
        flops=9_633_792,
        mac_bytes=77_070_336,
        kernel="fused into /features/features.2/conv/conv.0/conv.0.0/Conv",
        prices=(),
        rules=(ExplainedSilence("G2", GPU, "not a group conv"),),
        parameters=0,
    )
    resize = replace(
        relu,
        name="Resize_7",
        op_type="Resize",
        module="",
        input_shapes=(None,),
        output_shapes=(None,),
        flops=None,
        mac_bytes=None,
        kernel="none: no shapes",
        rules=(),
    )
    return Explanation(
        path="mobilenet_v2.onnx",
        predicted=(
            ExplainedTarget(
                GPU,
                "NVIDIA GTX 1080 Ti, cuDNN 7.0, fp32, batch 8",
                5.2,
                4.8,
                5.7,
                44_960_000,
                conv.name,
            ),
        ),
        operators=(conv, relu, resize),
    )


def targets() -> tuple[TargetSummary, ...]:
    gpu = TargetSummary(
        target=GPU,
        device="NVIDIA GTX 1080 Ti",
        runtime="cuDNN 7.0",
        dtype="fp32",
        threads=None,
        batches=(1, 8),
        is_default=True,
        rows=(RuleRows("G1", 12), RuleRows("G2", 12), RuleRows("shared", 4)),
        errors=(KindError("dense conv", 0.061, 0.142, 39), KindError("group conv", 0.1, 0.2, 12)),
        band_coverage=0.812,
        price_coverage=None,
        date="2018-07",
        source="Ma et al., ShuffleNet V2, ECCV 2018, Tables 1 to 4",
        notes=("Depthwise convs, 3x3 convs at other maps and pools have no rows: modelled.",),
    )
    arm = replace(
        gpu,
        target=ARM,
        device="Qualcomm Snapdragon 810",
        runtime="NEON",
        threads=1,
        batches=(1,),
        is_default=False,
        rows=(),
        errors=(),
        band_coverage=None,
        price_coverage=None,
        notes=(),
    )
    return (gpu, arm)


RULES = (
    RulePage("G1", "channel-width", "convs of unbalanced width", "# channel-width (G1)\n\nText.\n"),
    RulePage("G2", "group-convolution", "convs in groups", "# group-convolution (G2)\n\n- one\n"),
)
