"""The Positive-Unlabeled objective and its loop (the paper's sections 3.2 and 4.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from iiif_dedup.search.encoder import CloneEncoder

_RAW_MARGIN_AT_START = 1.0
"""m̃ before the first step, so that m = softplus(1) ≈ 1.313."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How one encoder is trained.

    Attributes:
        epochs: Passes over the views and the unlabelled tiles.
        batch: Views, and as many unlabelled tiles, of one step.
        learning_rate: Adam's.
        variance_weight: λ_var.
        margin: A fixed margin m > 0, or None to learn it.
    """

    epochs: int
    batch: int
    learning_rate: float
    variance_weight: float
    margin: float | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """μ of the last positive batch, and m after the last step; τ = μ + m."""

    mu: float
    margin: float


def pu_loss(
    positive_norms: Tensor, unlabelled_norms: Tensor, margin: Tensor, variance_weight: float
) -> Tensor:
    """Return consistency + λ·variance + hinge of section 3.2, a scalar.

    μ is the mean of this batch's positive norms and takes part in the gradient. The variance is
    the unbiased one, torch's default, since consistency already is the biased one.

    Args:
        positive_norms: ‖f(x_p)‖₂ of the views, P ≥ 2.
        unlabelled_norms: ‖f(x_u)‖₂ of the unlabelled tiles, U ≥ 1.
        margin: m, a scalar.
        variance_weight: λ_var ≥ 0.
    """
    mu = positive_norms.mean()
    consistency = (positive_norms - mu).square().mean()
    hinge = (mu + margin - unlabelled_norms).clamp(min=0).mean()
    return consistency + variance_weight * positive_norms.var() + hinge


def train(
    encoder: CloneEncoder,
    positives: Tensor,
    unlabelled: Tensor,
    schedule: Schedule,
    generator: torch.Generator,
) -> Threshold:
    """Train `encoder` in place and return the threshold of its last step.

    An epoch shuffles both sets and takes as many steps as the views fill batches. Where there
    are fewer unlabelled tiles than views, they are gone through again within the epoch.

    Args:
        encoder: On the device of the tiles.
        positives: Views, float32 P×3×32×32 in [0, 1].
        unlabelled: Unlabelled tiles, float32 U×3×32×32 in [0, 1], U ≥ 1.
        schedule: How to train.
        generator: A CPU generator, the source of every shuffle.
    """
    learned = schedule.margin is None
    raw_margin = torch.tensor(_RAW_MARGIN_AT_START, device=positives.device, requires_grad=learned)
    optimizer = torch.optim.Adam(
        [*encoder.parameters(), *([raw_margin] if learned else [])], lr=schedule.learning_rate
    )

    def margin() -> Tensor:
        if schedule.margin is None:
            return softplus(raw_margin)
        return raw_margin.new_tensor(schedule.margin)

    mu = torch.zeros(())
    for _ in range(schedule.epochs):
        ours = torch.randperm(len(positives), generator=generator)
        theirs = torch.randperm(len(unlabelled), generator=generator)
        theirs = theirs.repeat(math.ceil(len(ours) / len(theirs)))
        for start in range(0, len(ours), schedule.batch):
            step = slice(start, start + schedule.batch)
            positive_norms = encoder.norms(positives[ours[step]])
            unlabelled_norms = encoder.norms(unlabelled[theirs[step]])
            loss = pu_loss(positive_norms, unlabelled_norms, margin(), schedule.variance_weight)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            mu = positive_norms.detach().mean()
    return Threshold(mu=mu.item(), margin=margin().item())
