"""Random cases of the losses with their options. Those whose second derivatives PyTorch lacks are made of primitives."""

import torch
import torch.nn.functional as F

from golden import Family


def reduced(losses, reduction):
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def labelled():
    c = Family("labelled_losses")
    for _ in range(10):
        classes, rows = c.choice([2, 3, 7]), c.shape(0, 2)
        labels, reduction = c.integers(rows, 0, classes - 1), c.choice(["none", "sum", "mean"])
        weights = c.choice([None, [float(w) for w in c.uniform([classes], 0.5, 2)]])
        ignored, smoothing = c.choice([None, 0, 1]), c.choice([0, 0.125, 0.5])
        if ignored is not None and bool((labels == ignored).all()):
            ignored = None
        options = {"labels": labels, "ignored_label": ignored, "class_weights": weights, "reduction": reduction}

        def cross_entropy(x, label_smoothing=0.0):
            found = F.cross_entropy(x.reshape(-1, classes), labels.reshape(-1),
                                    None if weights is None else torch.tensor(weights, dtype=x.dtype), reduction=reduction,
                                    ignore_index=-100 if ignored is None else ignored, label_smoothing=label_smoothing)
            return found.reshape(rows) if reduction == "none" else found

        x = c.normal(rows + [classes], 2)
        c.case("cross_entropy_options", lambda x: cross_entropy(x, smoothing), x, label_smoothing=smoothing, **options)

        def likelihood(x):
            found = F.nll_loss(x.reshape(-1, classes), labels.reshape(-1),
                               None if weights is None else torch.tensor(weights, dtype=x.dtype), reduction=reduction,
                               ignore_index=-100 if ignored is None else ignored)
            return found.reshape(rows) if reduction == "none" else found

        c.case("negative_log_likelihood", likelihood, x, **options)
        targets = c.uniform(rows + [classes], 0.05, 0.85)

        def distributions(x, t):
            smooth = (1 - smoothing) * t + smoothing / classes
            weighted = smooth if weights is None else smooth * torch.tensor(weights, dtype=x.dtype)
            return reduced(-(weighted * F.log_softmax(x, -1)).sum(-1), reduction)

        c.case("cross_entropy_targets", distributions, x, targets, label_smoothing=smoothing, class_weights=weights,
               reduction=reduction)
        c.case("kl_divergence", lambda x, t: reduced((t * (t.log() - x)).sum(-1), reduction), x, targets,
               reduction=reduction)
    return c


def further():
    c = Family("further_losses")

    def signs(shape):
        return 2 * c.integers(shape, 0, 1) - 1

    for _ in range(8):
        shape, reduction = c.shape(1, 3), c.choice(["none", "sum", "mean"])
        a, b, quantile, margin = c.normal(shape), c.normal(shape), c.choice([0.25, 0.5, 0.9]), c.choice([-0.5, 0.25, 1])
        c.case("mean_absolute_error", lambda a, b: F.l1_loss(a, b, reduction=reduction), a, b, reduction=reduction)
        c.case("quantile_loss", lambda a, b: reduced(
            quantile * F.relu(b - a) + (1 - quantile) * F.relu(a - b), reduction), a, b, quantile=quantile,
               reduction=reduction)
        targets = signs(shape)
        c.case("hinge_loss", lambda a: reduced(F.relu(1 - targets * a), reduction), a, targets=targets, reduction=reduction)

        def binary(x, t, weights, positive):
            when_one, when_zero = F.softplus(-x, threshold=700), F.softplus(x, threshold=700)
            return reduced(weights * (positive * t * when_one + (1 - t) * when_zero), reduction)

        c.case("binary_cross_entropy_options", binary, c.normal(shape, 3), c.uniform(shape, 0.05, 0.85),
               c.uniform(c.broadcasting_to(shape), 0.5, 2), c.uniform(c.broadcasting_to(shape), 0.5, 2),
               reduction=reduction)

        rows = c.shape(0, 2)
        u, v, w = (c.normal(rows + [3]) for _ in range(3))
        kinds = signs(rows)

        def embedding(u, v):
            cosine = F.cosine_similarity(u, v, -1)
            return reduced(torch.where(kinds == 1, 1 - cosine, F.relu(cosine - margin)), reduction)

        c.case("cosine_embedding_loss", embedding, u, v, targets=kinds, margin=margin, reduction=reduction)
        c.case("triplet_margin_loss", lambda u, v, w: reduced(
            F.relu(torch.linalg.vector_norm(u - v, dim=-1) - torch.linalg.vector_norm(u - w, dim=-1) + margin), reduction), u,
               v, w, margin=margin, reduction=reduction)
        axis = c.axis(len(shape))
        c.case("cosine_similarity", lambda a, b: F.cosine_similarity(a, b, axis), c.exact_in_float(a + a.sign() / 4),
               c.exact_in_float(b + b.sign() / 4), axis=axis)
    return c


FAMILIES = [labelled, further]
