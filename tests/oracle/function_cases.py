"""Random cases of the elementwise functions beside those of op_cases.py: angles, rounding, activations, hypot."""

import torch
import torch.nn.functional as F

from golden import Family


def functions():
    c = Family("functions")
    anywhere, within = (-4, 4), (-0.8, 0.8)
    one_sided = {
        "log2": (torch.log2, (0.05, 4)), "tan": (torch.tan, (-1.2, 1.2)), "asin": (torch.asin, within),
        "acos": (torch.acos, within), "atan": (torch.atan, anywhere), "sinh": (torch.sinh, anywhere),
        "cosh": (torch.cosh, anywhere), "sign": (torch.sign, anywhere), "floor": (torch.floor, anywhere),
        "ceil": (torch.ceil, anywhere), "round": (torch.round, anywhere), "softsign": (F.softsign, anywhere),
        "mish": (F.mish, anywhere), "log_sigmoid": (F.logsigmoid, (-9, 9))
    }
    for name, (f, (low, high)) in one_sided.items():
        for shape in ([], c.shape(1), [c.integer(5, 40)], [2, 3, 0], c.shape(2)):
            c.case(name, f, c.uniform(shape, low, high))
    for name in ("sign", "floor", "ceil", "round"):
        c.case(name, one_sided[name][0], c.ties([9]) / 2)
    for name in ("asin", "atan", "sinh"):
        c.case(name, one_sided[name][0], c.normal([7], 1e-4))
    for name, f in {"hypot": torch.hypot, "logaddexp": torch.logaddexp, "atan2": torch.atan2}.items():
        for _ in range(6):
            shape = c.choice([c.shape(), c.shape(2, 3) + [c.integer(5, 40)], [2, 0, 3]])
            a, b = c.normal(c.broadcasting_to(shape)), c.normal(c.broadcasting_to(shape))
            c.case(name, f, c.exact_in_float(a + a.sign() / 4), c.exact_in_float(b + b.sign() / 4))
    for _ in range(4):
        alpha, shape = c.choice([0.5, 1, 1.75]), c.shape(1, 3)
        c.case("elu", lambda x: F.elu(x, alpha), c.normal(shape, 2), alpha=alpha)
        axis = c.axis(len(shape))
        doubled = shape[:axis % len(shape)] + [2 * shape[axis]] + shape[axis % len(shape) + 1:]
        c.case("glu", lambda x: F.glu(x, axis), c.normal(doubled), axis=axis)
    return c


def safe_roots():
    c = Family("safe_roots")

    def safe_sqrt(x):
        return torch.where(x == 0, torch.zeros_like(x), torch.where(x == 0, torch.ones_like(x), x).sqrt())

    for shape in ([], c.shape(1), [c.integer(5, 40)], [2, 3, 0]):
        c.case("safe_sqrt", safe_sqrt, c.uniform(shape, 0.05, 4))
    c.case("safe_sqrt", safe_sqrt, c.ties([12])**2)
    return c


FAMILIES = [functions, safe_roots]
