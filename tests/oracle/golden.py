"""What the goldens are made with: random inputs, derivatives by PyTorch, how well each number is conditioned, files."""

import json
import os
import zlib

os.environ["ATEN_CPU_CAPABILITY"] = "default"  # and one thread: so that sums are taken in one order

import numpy as np
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

PROBES = 16
EPSILON = 2.0**-23  # of float


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def gradients(y, x, cotangent):
    """d(cotangent . y)/dx for each x, which can be differentiated in turn; zeros for what y does not depend on."""
    if not y.requires_grad:
        return [torch.zeros_like(t) for t in x]
    found = torch.autograd.grad(y, x, cotangent, create_graph=True, allow_unused=True)
    return [torch.zeros_like(t) if g is None else g for t, g in zip(x, found)]


def results(f, inputs, cotangent, directions):
    """The value of f; its gradients; the gradients of those along the directions: one flat tensor."""
    inputs = [x.detach().clone().requires_grad_() for x in inputs]
    cotangent = cotangent.detach().clone().requires_grad_()
    y = f(*inputs)
    first = gradients(y, inputs, cotangent)
    projection = sum((g * u).sum() for g, u in zip(first, directions))
    second = gradients(projection, inputs + [cotangent], torch.ones_like(projection))
    return flat([y] + first + second).detach()


def in_float(f, inputs, cotangent, directions):
    """The same, computed by PyTorch in float."""
    torch.set_default_dtype(torch.float32)  # of the constants in f
    found = results(f, [x.float() for x in inputs], cotangent.float(), [u.float() for u in directions])
    torch.set_default_dtype(torch.float64)
    return found.double()


class Family:
    """Cases that share a pair of files: `given`, which float holds exactly, and `expected`, in double."""

    def __init__(self, name, cancelling=0.0):
        self.name = name
        self.cancelling = cancelling  # the size of terms that cancel wholly in some derivatives, whatever their sum
        self.random = np.random.RandomState(zlib.crc32(name.encode()))
        self.cases, self.given, self.expected = [], [], []

    # ---- random choices

    def integer(self, low, high):
        return int(self.random.randint(low, high + 1))

    def flip(self):
        return bool(self.integer(0, 1))

    def choice(self, options):
        return options[self.integer(0, len(options) - 1)]

    def shape(self, least=0, most=4, extent=4):
        return [self.integer(1, extent) for _ in range(self.integer(least, most))]

    def axis(self, rank):
        return self.integer(-rank, rank - 1)

    def axes(self, rank):
        """Some of the axes, in any order, now and then counted from the end."""
        order = self.random.permutation(rank)[:self.integer(1, rank)]
        return [int(axis) - (rank if self.flip() else 0) for axis in order]

    def broadcasting_to(self, shape):
        """A shape that broadcasts to this one."""
        return [1 if self.integer(0, 3) == 0 else extent for extent in shape[self.integer(0, len(shape)):]]

    def normal(self, shape, scale=1.0, shift=0.0):
        return self.exact_in_float(self.random.standard_normal(tuple(shape)) * scale + shift)

    def uniform(self, shape, low, high):
        return self.exact_in_float(self.random.uniform(low, high, tuple(shape)))

    def ties(self, shape):
        """Whole numbers, of which many are equal."""
        return self.exact_in_float(self.random.randint(-2, 3, tuple(shape)))

    def integers(self, shape, low, high):
        """Indices, labels or a mask, for the attributes: from low up to and with high."""
        return torch.from_numpy(np.asarray(self.random.randint(low, high + 1, tuple(shape)), np.int64))

    @staticmethod
    def exact_in_float(x):
        return torch.from_numpy(np.asarray(x, np.float32).astype(np.float64))

    # ---- cases

    def case(self, name, f, *inputs, differentiable=True, precise=None, **attributes):
        """Records f(*inputs), which ebb calls `name` and tells by these attributes. If `precise` is given, the results
        come of it: f in another form, for where PyTorch's derivatives of f itself are noise."""
        assert all(torch.equal(x, x.float().double()) for x in inputs), f"{name}: float does not hold the inputs exactly"
        y = f(*inputs)
        given, expected, size = list(inputs), y, y.abs()
        if differentiable:
            cotangent, directions = self.normal(y.shape), [self.normal(x.shape) for x in inputs]
            given += [cotangent] + directions
            expected = results(precise or f, inputs, cotangent, directions)
            same = torch.allclose(expected, results(f, inputs, cotangent, directions), rtol=1e-12, atol=1e-12)
            assert same, f"{name}: the precise form is another function"
            size = self.size_of_errors(f, precise or f, inputs, cotangent, directions)
        assert flat([expected, size]).isfinite().all(), f"{name}: PyTorch gives NaN or infinity"
        self.given.append(flat(given + [size]).numpy())
        self.expected.append(expected.reshape(-1).numpy())
        self.cases.append({
            "name": name,
            "attributes": {key: as_json(value) for key, value in attributes.items() if value is not None},
            "inputs": [list(x.shape) for x in inputs],
            "output": list(y.shape),
            "differentiable": differentiable,
        })

    def size_of_errors(self, f, precise, inputs, cotangent, directions):
        """How large a rounding error of each result is to be expected, in units of the machine's epsilon: the root of
        its square and of the mean square of the errors that PyTorch makes in float, here and nearby."""
        def near(x):
            return self.exact_in_float(x * (1 + self.uniform(x.shape, -0.125, 0.125)))

        total = 0
        for probe in range(PROBES):  # every other one at these very inputs: nearby, ties are ties no longer
            at = inputs if probe % 2 == 0 else [near(x) for x in inputs]
            along = near(cotangent), [near(u) for u in directions]
            total += (in_float(f, at, *along) - results(precise, at, *along))**2
        size = (results(precise, inputs, cotangent, directions)**2 + total / PROBES / EPSILON**2).sqrt()
        size[-sum(x.numel() for x in [*inputs, *directions, cotangent]):].clamp_(min=self.cancelling)
        return size

    def save(self, folder):
        np.save(f"{folder}/{self.name}.given.npy", np.concatenate(self.given).astype(np.float32))
        np.save(f"{folder}/{self.name}.expected.npy", np.concatenate(self.expected))
        return {"name": self.name, "cases": self.cases}


def as_json(value):
    """A tensor becomes its shape and numbers."""
    if not isinstance(value, torch.Tensor):
        return value
    return {"shape": list(value.shape), "values": value.reshape(-1).tolist()}


def write_json(path, data):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, separators=(",", ":"))
        file.write("\n")
