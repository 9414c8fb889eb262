from __future__ import annotations

import math

import pytest
import torch

from iiif_dedup.search.encoder import CloneEncoder
from iiif_dedup.search.training import Schedule, Threshold, pu_loss, train


def test_loss_is_the_papers_formula() -> None:
    positives = torch.tensor([1.0, 2.0, 3.0])
    unlabelled = torch.tensor([0.5, 2.5, 9.0])
    # μ = 2, m = 1: consistency (1+0+1)/3, hinge (2.5+0.5+0)/3, unbiased variance 1.
    margin = torch.tensor(1.0)
    assert float(pu_loss(positives, unlabelled, margin, 0.0)) == pytest.approx(2 / 3 + 1)
    assert float(pu_loss(positives, unlabelled, margin, 0.1)) == pytest.approx(2 / 3 + 1 + 0.1)


def test_gradient_reaches_mu_and_margin() -> None:
    positives = torch.tensor([2.0, 2.0], requires_grad=True)
    unlabelled = torch.tensor([1.0], requires_grad=True)
    margin = torch.tensor(1.0, requires_grad=True)
    torch.autograd.backward(pu_loss(positives, unlabelled, margin, 0.0))
    assert positives.grad is not None
    assert unlabelled.grad is not None
    assert margin.grad is not None
    assert positives.grad.tolist() == [0.5, 0.5]
    assert unlabelled.grad.tolist() == [-1.0]
    assert float(margin.grad) == 1.0


def _train(*, epochs: int, margin: float | None, unlabelled: int = 48) -> Threshold:
    generator = torch.Generator().manual_seed(3)
    positives = torch.rand(64, 3, 32, 32, generator=generator) * 0.3
    others = torch.rand(unlabelled, 3, 32, 32, generator=generator)
    schedule = Schedule(
        epochs=epochs, batch=32, learning_rate=1e-3, variance_weight=0.0, margin=margin
    )
    return train(CloneEncoder(generator), positives, others, schedule, generator)


def test_learned_margin_starts_at_softplus_of_one_and_shrinks() -> None:
    start = math.log1p(math.e)
    assert _train(epochs=0, margin=None).margin == pytest.approx(start)
    assert start - 0.05 < _train(epochs=3, margin=None).margin < start


def test_fixed_margin_stays() -> None:
    assert _train(epochs=1, margin=0.5).margin == 0.5


@pytest.mark.parametrize("unlabelled", [1, 2, 40, 300])
def test_any_number_of_unlabelled_tiles_fills_the_batches(unlabelled: int) -> None:
    threshold = _train(epochs=1, margin=None, unlabelled=unlabelled)
    assert math.isfinite(threshold.mu)


def test_training_repeats_itself() -> None:
    assert _train(epochs=2, margin=None) == _train(epochs=2, margin=None)
