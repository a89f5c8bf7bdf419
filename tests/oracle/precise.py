"""Saturating functions in forms whose derivatives PyTorch takes without loss.

Its own derivatives begin with 1 - y, of a y that is nearly 1 and no longer tells it: in double they are noise where the
function is saturated. Here the small number is computed by itself, and 1 less it, if need be.
"""

import torch


def sigmoid(x):
    return torch.where(x > 0, 1 - torch.sigmoid(-x), torch.sigmoid(x))


def tanh(x):
    far = torch.where(x > 0, 1 - 2 * torch.sigmoid(-2 * x), 2 * torch.sigmoid(2 * x) - 1)
    return torch.where(x.abs() < 1, torch.tanh(x), far)


def softplus(x):
    return torch.where(x > 0, x + torch.log1p(torch.exp(-x)), torch.log1p(torch.exp(x)))


def silu(x):
    return x * sigmoid(x)


def beside_largest(x):
    """Along the last axis, how far each is from the largest, and log(the sum of e^x) beyond that."""
    largest = x.argmax(-1, keepdim=True)
    other = torch.ones_like(x, dtype=torch.bool).scatter(-1, largest, False)
    none = torch.zeros(())
    distance = torch.where(other, x - x.gather(-1, largest), none)
    return distance, torch.log1p(torch.where(other, torch.exp(distance), none).sum(-1, keepdim=True))


def log_softmax(x, axis):
    distance, beyond = beside_largest(x.movedim(axis, -1))
    return (distance - beyond).movedim(-1, axis)


def logsumexp(x, axes, keep):
    axes = [axis % x.dim() for axis in (range(x.dim()) if axes is None else axes)]
    if not axes:
        return x
    kept = [axis for axis in range(x.dim()) if axis not in axes]
    rows = x.permute(kept + axes).flatten(len(kept))
    beyond = beside_largest(rows)[1]
    y = rows.gather(-1, rows.argmax(-1, keepdim=True)) + beyond
    y = torch.where(beyond < 0.5, y, torch.logsumexp(rows, -1, keepdim=True))  # each where it is the better
    return y.reshape([1 if axis in axes else x.shape[axis] for axis in range(x.dim()) if keep or axis in kept])


def cross_entropy(x, labels, ignored, smoothing):
    counted = labels != (-100 if ignored is None else ignored)
    if not counted.any():
        return torch.zeros(()) * x.sum()
    log_p = log_softmax(x, -1)[counted]
    of_labels = log_p.gather(-1, labels[counted].unsqueeze(-1)).squeeze(-1)
    return -((1 - smoothing) * of_labels + smoothing * log_p.mean(-1)).mean()
