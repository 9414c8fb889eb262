"""Loads torchvision beside a torch it was not built for.

The torchvision wheel on PyPI is the CUDA build. Beside the CPU build of torch its native
library does not load, the operators it would declare are missing, and `import torchvision`
dies with *operator torchvision::nms does not exist*, although its transforms and models need
none of them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import torch

_DETECTION_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []
"""Declarations live as long as their library object, so it is kept here."""


def import_torchvision() -> ModuleType:
    """Return torchvision with `transforms.v2` loaded.

    Where torchvision's native library loads, this is a plain import. Where it does not, the two
    detection operators are declared without an implementation first; `transforms` and `models`
    then work, `ops.nms` and `torchvision.io` do not.

    Raises:
        ModuleNotFoundError: torchvision is not installed.
    """
    if "torchvision" not in sys.modules and not _declared and not _native_library_loads():
        # torch leaves these functions unannotated; so below.
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for schema in _DETECTION_OPERATORS:
            library.define(schema)  # type: ignore[no-untyped-call]
        _declared.append(library)
    importlib.import_module("torchvision.transforms.v2")
    return sys.modules["torchvision"]


def _native_library_loads() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "torchvision is not installed; install it with `pip install torchvision`."
        )
    candidates = sorted(Path(spec.origin).parent.glob("_C*"))
    try:
        for path in candidates:
            torch.ops.load_library(str(path))  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return bool(candidates)
