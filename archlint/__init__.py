"""A linter for the architecture of neural networks, priced from measured times per device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.version import __version__

__all__ = [
    "ArchlintError",
    "Basis",
    "BlockShare",
    "Bound",
    "Call",
    "Caveat",
    "Certainty",
    "Comparison",
    "ConfigError",
    "Dearer",
    "DearerOn",
    "DiffReport",
    "Doubt",
    "Explanation",
    "Finding",
    "FindingAtBatch",
    "FindingsError",
    "Flip",
    "FoundPlace",
    "IgnoredFinding",
    "Kernel",
    "KernelPrice",
    "Kind",
    "KindShare",
    "Location",
    "MeasuredRow",
    "ModelError",
    "ModelInput",
    "ModelReport",
    "NotHereError",
    "OperatorTime",
    "Prediction",
    "PricedChoice",
    "PricedOn",
    "Pricer",
    "Report",
    "RestsOn",
    "RuleInfo",
    "RuleSaving",
    "Severity",
    "Sizes",
    "Span",
    "TargetError",
    "TargetReport",
    "TargetSummary",
    "Targets",
    "UnknownOperator",
    "Unpriced",
    "UsageError",
    "Variant",
    "Verification",
    "__version__",
    "compare",
    "diff",
    "explain",
    "lint",
    "lint_many",
    "predict",
    "targets",
    "verify",
]

if TYPE_CHECKING:
    from archlint.api import (
        Comparison,
        DiffReport,
        Explanation,
        FindingsError,
        Prediction,
        Pricer,
        Report,
        Targets,
        Verification,
        compare,
        diff,
        explain,
        lint,
        predict,
        targets,
        verify,
    )
    from archlint.cost.kernels.kernel import (
        Kernel,
    )
    from archlint.cost.kernels.kind import (
        Kind,
    )
    from archlint.cost.pricing.bound import (
        Bound,
    )
    from archlint.cost.pricing.price import (
        Basis,
    )
    from archlint.errors import (
        ArchlintError,
        ConfigError,
        ModelError,
        NotHereError,
        TargetError,
        UsageError,
    )
    from archlint.graph.model import (
        ModelInput,
    )
    from archlint.location import (
        Call,
        Certainty,
        Location,
        Span,
    )
    from archlint.many import (
        lint_many,
    )
    from archlint.results.findings import (
        Finding,
        FindingAtBatch,
        FoundPlace,
        IgnoredFinding,
        KernelPrice,
        MeasuredRow,
        ModelReport,
        OperatorTime,
        PricedChoice,
        PricedOn,
        RestsOn,
        RuleInfo,
        RuleSaving,
        TargetReport,
        Unpriced,
        Variant,
    )
    from archlint.results.judgement import (
        Caveat,
        Dearer,
        DearerOn,
        Doubt,
        Flip,
        Sizes,
    )
    from archlint.results.severity import (
        Severity,
    )
    from archlint.results.shares import (
        BlockShare,
        KindShare,
    )
    from archlint.results.target_summary import (
        TargetSummary,
    )
    from archlint.results.unknown import (
        UnknownOperator,
    )
else:  # a type checker must not take every name for one of these
    _HOMES = """
    errors location results.severity cost.pricing.bound cost.pricing.price cost.kernels.kind
    cost.kernels.kernel graph.model results.judgement results.shares results.unknown
    results.target_summary api results.findings many
    """.split()

    def __getattr__(name: str) -> object:
        # `archlint --help` must not pay for onnx, numpy and networkx: names load when asked for
        from importlib import import_module

        if name in __all__:
            for home in _HOMES:
                module = import_module(f"archlint.{home}")
                if name in module.__all__:
                    return getattr(module, name)
        raise AttributeError(f"module 'archlint' has no attribute {name!r}")
