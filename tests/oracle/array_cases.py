"""Random cases of operations on whole arrays beside those of op_cases.py: products and norms, sorting, diagonals, replacing
elements, einsum, linear algebra, integers."""

import numpy as np
import torch

from golden import Family


def product(x, axes, keep):
    for axis in sorted((a % x.dim() for a in axes), reverse=True):
        x = x.prod(axis, keepdim=bool(keep))
    return x


def products():
    c = Family("products")
    for number in range(8):
        shape = c.shape(1, 4)
        axes = None if number < 2 else c.axes(len(shape))
        keep = c.flip() if axes else None
        every = list(range(len(shape))) if axes is None else axes
        x = c.normal(shape)
        x = c.exact_in_float(x + x.sign() / 4)
        c.case("prod", lambda x: product(x, every, keep), x, axes=axes, keep=keep)
        c.case("norm", lambda x: torch.linalg.vector_norm(x, dim=every, keepdim=bool(keep)), x, axes=axes, keep=keep)
        axis = c.axis(len(shape))
        c.case("cumulative_product", lambda x: torch.cumprod(x, axis), x, axis=axis)
        c.case("cumulative_max", lambda x: torch.cummax(x, axis).values, x, axis=axis)
    c.case("prod", torch.prod, torch.tensor([2.0, 0.0, -3.0, 0.5]))
    c.case("cumulative_product", lambda x: torch.cumprod(x, 0), torch.tensor([2.0, 0.0, -3.0, 0.5]), axis=0)
    for _ in range(6):
        shape = c.shape(1, 3) + [c.choice([2, 3, 40])]
        axes = [-1] + [a for a in c.axes(len(shape) - 1) if a >= 0]
        keep, correction = c.flip(), c.integer(0, 1)
        c.case("standard_deviation", lambda x: torch.std(x, axes, unbiased=bool(correction), keepdim=keep),
               c.normal(shape, shift=3), axes=axes, keep=keep, correction=correction)
    return c


def sorting():
    c = Family("sorting")
    for _ in range(8):
        shape = c.shape(1, 3, 6)
        axis, descending = c.axis(len(shape)), c.flip()
        k, x = c.integer(0, shape[axis]), c.normal(shape)
        c.case("sort", lambda x: torch.sort(x, axis, descending).values, x, axis=axis, descending=descending)
        c.case("top_k", lambda x: torch.topk(x, k, axis, largest=not descending).values, x, k=k, axis=axis,
               smallest=descending)
        for x in (c.normal(shape), c.ties(shape)):
            c.case("argsort", lambda x: torch.sort(x, stable=True, dim=axis, descending=descending).indices.double(), x,
                   differentiable=False, axis=axis, descending=descending)
            c.case("argmin", lambda x: torch.argmin(x, axis).double(), x, differentiable=False, axis=axis)
    return c


def arrangements():
    c = Family("arrangements")
    for _ in range(6):
        start, stop, count, n = c.integer(-4, 4) / 4, c.integer(-4, 4) / 2, c.integer(0, 5), c.integer(0, 4)
        c.case("linspace", lambda: torch.linspace(start, stop, count), differentiable=False, start=start, stop=stop,
               count=count)
        c.case("eye", lambda: torch.eye(n), differentiable=False, n=n)
        labels = c.integers(c.shape(0, 2), 0, 4)
        c.case("one_hot", lambda: torch.nn.functional.one_hot(labels, 5).double(), differentiable=False, labels=labels,
               classes=5)
        shape = c.shape(1, 3)
        axis, k, shift = c.axis(len(shape)), c.integer(-2, 2), c.integer(-5, 5)
        index, x = c.integer(-shape[axis], shape[axis] - 1), c.normal(shape)
        repeats = [c.integer(1, 3) for _ in range(c.integer(0, 4))]
        c.case("tile", lambda x: torch.tile(x, repeats), x, repeats=repeats)
        c.case("roll", lambda x: torch.roll(x, shift, axis), x, shift=shift, axis=axis)
        c.case("select", lambda x: torch.select(x, axis, index), x, axis=axis, index=index)
        c.case("unbind", lambda x: torch.cat([part.reshape(-1) for part in torch.unbind(x, axis)]), x, axis=axis)
        c.case("diag", lambda x: torch.diag_embed(x, k), x, k=k)
        matrices = c.normal(c.shape(0, 1) + [c.integer(2, 4), c.integer(2, 4)])
        c.case("tril", lambda x: torch.tril(x, k), matrices, k=k)
        c.case("triu", lambda x: torch.triu(x, k), matrices, k=k)
        c.case("diagonal", lambda x: torch.diagonal(x, k, -2, -1), matrices, k=k)
    return c


def replacing():
    c = Family("replacing")
    for _ in range(6):
        shape = c.shape(1, 3)
        axis = c.axis(len(shape))
        at, extent, x = axis % len(shape), shape[axis], c.normal(shape)
        count = c.integer(1, extent)
        order = np.argsort(c.random.uniform(size=shape), axis)
        each = torch.from_numpy(np.ascontiguousarray(np.take(order, range(count), axis)))
        c.case("put_along_axis", lambda x, v: torch.scatter(x, axis, each, v), x, c.normal(each.shape), axis=axis,
               indices=each)
        places = torch.from_numpy(c.random.permutation(extent)[:count])
        part = shape[:at] + [count] + shape[at + 1:]
        c.case("scatter", lambda x, v: x.index_copy(axis, places, v), x, c.normal(part), axis=axis, indices=places)
        start, stop, step = c.integer(0, extent - 1), c.integer(0, extent + 1), c.integer(1, 2)
        taken = torch.tensor(range(extent)[start:stop:step], dtype=torch.int64)
        sliced = shape[:at] + [len(taken)] + shape[at + 1:]
        c.case("slice_scatter", lambda x, v: x.index_copy(axis, taken, v.expand(sliced)), x,
               c.normal(c.broadcasting_to(sliced)), axis=axis, start=start, stop=stop, step=step)
    return c


def einsum():
    c = Family("einsum")
    extents = {letter: c.integer(1, 4) for letter in "bijkl"}
    for equation in ("ij->ji", "ij->j", "ij->", "ii->i", "ii", "ij,jk->ik", "ij,jk", "ij,kj->ki", "bij,bjk->bik", "bij,bij->b",
                     "ij,ij->ij", "i,j->ij", "bij,j->bi", "ijk,kl->lij", "i,ij,j->", "bi,ij,bj->b", "ij,jk,kl->il",
                     "ij,kl->i", "bii,bij->bj"):
        operands = equation.split("->")[0].split(",")
        c.case("einsum", lambda *x: torch.einsum(equation, *x), *(c.normal([extents[l] for l in o]) for o in operands),
               equation=equation)
    for n in (1, 4, 30):
        c.case("dot", torch.dot, c.normal([n]), c.normal([n]))
        c.case("outer", torch.outer, c.normal([n]), c.normal([3]))
    return c


def linear_algebra():
    c = Family("linear_algebra")
    for n in (1, 2, 3, 5, 8):
        before = c.shape(0, 2, 2)
        noise = c.normal(before + [n, n], 0.25)
        a, b = c.exact_in_float(noise + 2 * torch.eye(n)), c.normal(c.broadcasting_to(before) + [n, c.integer(1, 3)])
        for upper in (False, True):
            for transpose in (False, True):

                def solve(a, b):
                    triangle = torch.triu(a) if upper else torch.tril(a)
                    return torch.linalg.solve_triangular(triangle.mT if transpose else triangle, b, upper=upper != transpose)

                c.case("triangular_solve", solve, a, b, upper=upper, transpose=transpose)
        definite = c.exact_in_float(noise + noise.mT + (2 + n) * torch.eye(n))
        c.case("cholesky", lambda a: torch.linalg.cholesky((a + a.mT) / 2), definite)
        c.case("log_determinant", lambda a: torch.logdet((a + a.mT) / 2), definite)
    return c


def linear_systems():
    c = Family("linear_systems")
    for n in (1, 2, 3, 5, 8):
        before = c.shape(0, 2, 2)
        order = c.random.permutation(n)
        a = c.exact_in_float((c.normal(before + [n, n], 0.25) + 2 * torch.eye(n))[..., order, :])
        b = c.normal(c.broadcasting_to(before) + [n, c.integer(1, 3)])
        for transpose in (False, True):
            c.case("solve", lambda a, b: torch.linalg.solve(a.mT if transpose else a, b), a, b, transpose=transpose)
        vectors = c.normal(before + [n])
        c.case("solve", lambda a, b: torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1), a, vectors, transpose=False)
        c.case("inverse", torch.linalg.inv, a)
        c.case("determinant", torch.linalg.det, c.exact_in_float(a / 2))
        c.case("log_abs_determinant", lambda a: torch.linalg.slogdet(a).logabsdet, a)
        c.case("determinant_sign", lambda a: torch.linalg.slogdet(a).sign, a, differentiable=False)
        c.case("lu", lambda a: torch.cat(torch.linalg.lu(a)[1:], -2), a)
    return c


def integers():
    c = Family("integers")
    for _ in range(5):
        shape = c.shape(1, 3)
        a, b = c.integers(c.broadcasting_to(shape), -9, 9), c.integers(c.broadcasting_to(shape), 1, 4) * (1 - 2 * c.integer(0, 1))
        two = {"floor_divide": lambda: torch.div(a, b, rounding_mode="floor"), "remainder": lambda: torch.remainder(a, b),
               "logical_and": lambda: torch.logical_and(a % 2, b % 2), "logical_or": lambda: torch.logical_or(a % 2, b % 2)}
        for name, f in two.items():
            parity = name.startswith("logical")
            c.case(name, lambda: f().double(), differentiable=False, a=a % 2 if parity else a, b=b % 2 if parity else b)
        mask = c.integers(shape, 0, 1)
        axis = c.axis(len(shape))
        c.case("logical_not", lambda: torch.logical_not(mask).double(), differentiable=False, a=mask)
        c.case("any", lambda: torch.any(mask.bool(), axis).double(), differentiable=False, a=mask, axes=[axis])
        c.case("all", lambda: torch.all(mask.bool(), axis).double(), differentiable=False, a=mask, axes=[axis])
        c.case("to_integers", lambda x: x.long().double(), c.ties(shape), differentiable=False)
    return c


FAMILIES = [products, sorting, arrangements, replacing, einsum, linear_algebra, linear_systems, integers]
