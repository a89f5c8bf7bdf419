"""Random cases of every operation that ops/ops.hpp declares, family by family."""

import torch
import torch.nn.functional as F

import precise
from golden import Family


def creation():
    c = Family("creation")
    for _ in range(3):
        shape, value = c.shape(), float(c.normal([]))
        c.case("zeros", lambda: torch.zeros(shape), differentiable=False, shape=shape)
        c.case("ones", lambda: torch.ones(shape), differentiable=False, shape=shape)
        c.case("full", lambda: torch.full(shape, value), differentiable=False, shape=shape, value=value)
        start, step, count = c.integer(-5, 5) / 4, c.choice([-0.5, 0.25, 3.0]), c.integer(1, 6)
        stop = start + step * (count - 0.5)
        c.case("arange", lambda: torch.arange(start, stop, step), differentiable=False, start=start, stop=stop, step=step)
        x = c.integers(shape, -3, 3)
        c.case("to_tensor", lambda: x.double(), differentiable=False, integers=x)
    return c


def two_sided():
    c = Family("two_sided")
    functions = {
        "add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div, "power_tensor": torch.pow,
        "minimum": torch.minimum, "maximum": torch.maximum
    }
    for name, f in functions.items():
        for _ in range(8):
            shape = c.choice([c.shape(), c.shape(), c.shape(2, 3) + [c.integer(5, 40)], [2, 0, 3]])
            a, b = (c.uniform(s, 0.25, 2.5) if name == "power_tensor" else c.normal(s)
                    for s in (c.broadcasting_to(shape), c.broadcasting_to(shape)))
            if name == "divide":
                b = c.exact_in_float(b + b.sign() / 2)
            c.case(name, f, a, b)
            if name in ("minimum", "maximum"):
                c.case(name, f, c.ties(a.shape), c.ties(b.shape))
    # Not an exponent of 0, where PyTorch's mixed second derivative is 0 instead of 1/a.
    c.case("power_tensor", torch.pow, c.ties([9]).abs() + 1, c.ties([9]).abs() + 1)
    for name, f in {"less": torch.lt, "less_equal": torch.le, "equal": torch.eq}.items():
        for _ in range(3):
            shape = c.shape()
            a, b = c.ties(c.broadcasting_to(shape)), c.ties(c.broadcasting_to(shape))
            c.case(name, lambda a, b: f(a, b).double(), a, b, differentiable=False)
    for _ in range(8):
        shape = c.shape(1, 4)
        mask = c.integers(c.broadcasting_to(shape), 0, 1)
        a, b = c.normal(c.broadcasting_to(shape)), c.normal(c.broadcasting_to(shape))
        c.case("where", lambda a, b: torch.where(mask.bool(), a, b), a, b, mask=mask)
    return c


def elementwise():
    c = Family("elementwise")
    anywhere, positive = (-4, 4), (0.05, 4)
    functions = {
        "negate": (torch.neg, anywhere), "square": (torch.square, anywhere), "exp": (torch.exp, anywhere),
        "expm1": (torch.expm1, anywhere), "log": (torch.log, positive), "log1p": (torch.log1p, (-0.9, 4)),
        "sqrt": (torch.sqrt, positive), "rsqrt": (torch.rsqrt, positive), "abs": (torch.abs, anywhere),
        "sin": (torch.sin, (-9, 9)), "cos": (torch.cos, (-9, 9)), "tanh": (torch.tanh, anywhere),
        "erf": (torch.erf, anywhere), "sigmoid": (torch.sigmoid, (-30, 30)), "softplus": (softplus, (-30, 30)),
        "relu": (torch.relu, anywhere), "gelu": (F.gelu, anywhere), "gelu_tanh": (gelu_tanh, anywhere),
        "silu": (F.silu, (-9, 9))
    }
    forms = {"tanh": precise.tanh, "sigmoid": precise.sigmoid, "softplus": precise.softplus, "silu": precise.silu}
    for name, (f, (low, high)) in functions.items():
        for shape in ([], c.shape(1), [c.integer(5, 40)], [2, 3, 0], c.shape(2)):
            c.case(name, f, c.uniform(shape, low, high), precise=forms.get(name))
    for name in ("expm1", "log1p", "sin", "tanh", "erf", "gelu", "silu"):
        c.case(name, functions[name][0], c.normal([7], 1e-4), precise=forms.get(name))
    for name in ("relu", "abs"):
        c.case(name, functions[name][0], c.ties([9]))
    for name in ("tanh", "erf", "sigmoid", "softplus", "gelu", "gelu_tanh", "silu"):
        saturated = torch.cat([c.uniform([6], -70, -30), c.uniform([6], 30, 70)])
        c.case(name, functions[name][0], saturated, precise=forms.get(name))
    for exponent in (0, 1, 2, 3):
        c.case("power", lambda x: torch.pow(x, exponent), c.ties([9]), exponent=exponent)
    for _ in range(5):
        slope, low, exponent = c.integer(0, 3) / 8, c.integer(-4, -1) / 4, c.choice([-2, -1, 2, 3, 4])
        high, fraction = low + c.integer(1, 6) / 4, c.choice([-1.5, -0.5, 0.5, 1.25, 2.5])
        c.case("leaky_relu", lambda x: F.leaky_relu(x, slope), c.normal(c.shape()), slope=slope)
        c.case("clamp", lambda x: torch.clamp(x, low, high), c.normal(c.shape()), low=low, high=high)
        c.case("power", lambda x: torch.pow(x, exponent), c.normal(c.shape()), exponent=exponent)
        c.case("power", lambda x: torch.pow(x, fraction), c.uniform(c.shape(), 0.1, 3), exponent=fraction)
    c.case("leaky_relu", lambda x: F.leaky_relu(x, 0.25), c.ties([9]), slope=0.25)
    return c


def softplus(x):
    """Without the threshold of 20, above which F.softplus gives x itself."""
    return F.softplus(x, threshold=700)


def gelu_tanh(x):
    return F.gelu(x, approximate="tanh")


def reduction():
    c = Family("reduction")

    def over(f):
        """f(x, axes, keep) over those axes, or over all."""
        return lambda x, axes, keep: f(x, list(range(x.dim())) if axes is None else axes, keep)

    functions = {
        "sum": over(lambda x, axes, keep: torch.sum(x, axes, keep) if axes else x),
        "mean": over(lambda x, axes, keep: torch.mean(x, axes, keep) if axes else x),
        "max": over(lambda x, axes, keep: torch.amax(x, axes, keep) if axes else x),
        "min": over(lambda x, axes, keep: torch.amin(x, axes, keep) if axes else x),
        "logsumexp": over(lambda x, axes, keep: torch.logsumexp(x, axes, keep) if axes else x),
    }
    for name, f in functions.items():
        for number in range(10):
            shape = c.choice([c.shape(), c.shape(1, 4), c.shape(1, 3) + [c.integer(5, 70)], [c.integer(5, 70), 3]])
            axes = None if number < 2 or not shape else c.axes(len(shape))
            keep = c.flip() if axes else None
            form = (lambda x: precise.logsumexp(x, axes, bool(keep))) if name == "logsumexp" else None
            c.case(name, lambda x: f(x, axes, bool(keep)), c.normal(shape), precise=form, axes=axes, keep=keep)
            if name in ("max", "min"):
                c.case(name, lambda x: f(x, axes, bool(keep)), c.ties(shape), axes=axes, keep=keep)
    c.case("sum", lambda x: torch.sum(x, 1), c.normal([3, 0]), axes=[1], keep=False)
    c.case("sum", torch.sum, c.normal([40, 50]))
    c.case("logsumexp", lambda x: torch.logsumexp(x, -1), c.normal([5, 6], 100),
           precise=lambda x: precise.logsumexp(x, [-1], False), axes=[-1], keep=False)
    for number in range(8):
        shape = c.shape(1, 3) + [c.choice([2, 3, 40])]
        axes = list(range(len(shape))) if number < 2 else [-1] + [a for a in c.axes(len(shape) - 1) if a >= 0]
        keep, correction = c.flip(), c.integer(0, 1)
        c.case("variance", lambda x: torch.var(x, axes, unbiased=bool(correction), keepdim=keep),
               c.normal(shape, shift=3), axes=axes, keep=keep, correction=correction)
    for _ in range(5):
        shape = c.shape(1, 4)
        axis = c.axis(len(shape))
        for x in (c.normal(shape), c.ties(shape)):
            c.case("argmax", lambda x: torch.argmax(x, axis).double(), x, differentiable=False, axis=axis)
        c.case("cumulative_sum", lambda x: torch.cumsum(x, axis), c.normal(shape), axis=axis)
    return c


def shapes():
    c = Family("shapes")
    for _ in range(6):
        shape = c.shape(1, 4)
        rank = len(shape)
        x, axis, axes = c.normal(shape), c.axis(rank), c.axes(rank)
        smaller = c.broadcasting_to(shape)
        c.case("expand", lambda x: x.expand(shape), c.normal(smaller), shape=shape)
        c.case("sum_to", lambda x: x.sum_to_size(smaller), x, shape=smaller)
        order = [int(a) for a in c.random.permutation(rank)]
        c.case("reshape", lambda x: x.reshape(-1, shape[0]), x, shape=[-1, shape[0]])
        c.case("permute", lambda x: x.permute(order), x, axes=order)
        other = c.axis(rank)
        c.case("transpose", lambda x: x.transpose(axis, other), x, a=axis, b=other)
        c.case("unsqueeze", lambda x: x.unsqueeze(axis), x, axis=axis)
        c.case("squeeze", lambda x: x.reshape(shape), c.normal([1] + shape), axes=[0])
        c.case("squeeze", torch.squeeze, c.normal(smaller + [1]))
        c.case("flip", lambda x: x.flip(axes), x, axes=axes)
        before, after, value = c.integer(0, 2), c.integer(0, 2), c.integer(-2, 2) / 2
        around = [0, 0] * (rank - 1 - axis % rank) + [before, after]
        c.case("pad", lambda x: F.pad(x, around, value=value), x, axis=axis, before=before, after=after, value=value)
        extent, step = shape[axis], c.choice([1, 2, -1, -2])
        start, stop = (c.choice([None, c.integer(-extent - 1, extent + 1)]) for _ in range(2))
        taken = torch.tensor(range(extent)[start:stop:step], dtype=torch.int64)
        c.case("slice", lambda x: x.index_select(axis, taken), x, axis=axis, start=start, stop=stop, step=step)
        others = [c.normal(shape[:axis % rank] + [c.integer(1, 3)] + shape[axis % rank + 1:]) for _ in range(2)]
        c.case("concatenate", lambda *parts: torch.cat(parts, axis), x, *others, axis=axis)
        c.case("stack", lambda *parts: torch.stack(parts, axis), x, c.normal(shape), c.normal(shape), axis=axis)
        # Split parts come back joined in reverse, so that each has a place of its own in one result.
        joined = torch.cat((x, *others), axis)
        extents = [shape[axis]] + [o.shape[axis] for o in others]
        c.case("split", lambda x: torch.cat(torch.split(x, extents, axis)[::-1], axis), joined, axis=axis, extents=extents)
        c.case("split", lambda x: torch.cat(torch.chunk(x, 3, axis)[::-1], axis),
               c.normal(shape[:axis % rank] + [6] + shape[axis % rank + 1:]), axis=axis, parts=3)
        length, heads, width = c.integer(1, 4), c.integer(1, 3), c.integer(1, 3)
        c.case("split_heads", lambda x: x.unflatten(-1, (heads, width)).transpose(-2, -3),
               c.normal(c.shape(0, 2) + [length, heads * width]), heads=heads)
        c.case("join_heads", lambda x: x.transpose(-2, -3).flatten(-2), c.normal(c.shape(0, 2) + [heads, length, width]))
    return c


def indexing():
    c = Family("indexing")
    for _ in range(8):
        shape = c.shape(1, 3)
        axis = c.axis(len(shape))
        at, extent = axis % len(shape), shape[axis]
        ids = c.integers(c.shape(0, 2), 0, extent - 1)
        taken = shape[:at] + list(ids.shape) + shape[at + 1:]
        c.case("gather", lambda x: x.index_select(axis, ids.reshape(-1)).reshape(taken), c.normal(shape), axis=axis,
               indices=ids)
        c.case("scatter_add", lambda x, updates: x.index_add(
            axis, ids.reshape(-1), updates.reshape(shape[:at] + [ids.numel()] + shape[at + 1:])), c.normal(shape),
               c.normal(taken), axis=axis, indices=ids)
        one_each = c.integers(shape[:at] + [c.integer(1, 5)] + shape[at + 1:], 0, extent - 1)
        c.case("take_along_axis", lambda x: torch.gather(x, axis, one_each), c.normal(shape), axis=axis, indices=one_each)
        rows = c.integers(c.shape(0, 2), 0, 4)
        c.case("embedding", lambda table: F.embedding(rows, table), c.normal([5, c.choice([1, 3, 17])]), indices=rows)
    return c


def matmul():
    c = Family("matmul")
    for number in range(16):
        m, k, n = (c.integer(1, 5) for _ in range(3)) if number < 12 else (c.integer(15, 40) for _ in range(3))
        before = c.shape(0, 2, 3) if number < 12 else []
        a_transposed, b_transposed = c.flip(), c.flip()

        def f(a, b):
            return torch.matmul(a.mT if a_transposed else a, b.mT if b_transposed else b)

        c.case("matmul", f, c.normal(c.broadcasting_to(before) + ([k, m] if a_transposed else [m, k])),
               c.normal(c.broadcasting_to(before) + ([n, k] if b_transposed else [k, n])), transpose_a=a_transposed,
               transpose_b=b_transposed)
    c.case("matmul", torch.matmul, c.normal([3, 300]), c.normal([300, 5]), transpose_a=False, transpose_b=False)
    c.case("matmul", torch.matmul, c.normal([0, 2]), c.normal([3, 2, 4]), transpose_a=False, transpose_b=False)
    c.case("matmul", torch.matmul, c.normal([2, 0]), c.normal([0, 3]), transpose_a=False, transpose_b=False)
    for number in range(8):
        inputs, outputs = (c.integer(1, 5), c.integer(1, 5)) if number < 6 else (c.integer(17, 40), c.integer(17, 40))
        x = c.normal(c.shape(1, 2) + [inputs])
        weight, bias = c.normal([inputs, outputs]), c.normal([outputs])
        c.case("linear", lambda x, w, b: F.linear(x, w.T, b), x, weight, bias)
        c.case("linear", lambda x, w: F.linear(x, w.T), x, weight)
    return c


def masked_softmax(x, mask, axis=-1):
    """Over what the mask leaves; 0 where it leaves nothing. PyTorch gives NaN there."""
    allowed = mask.bool().expand(x.shape)
    some = allowed.any(axis, keepdim=True)
    p = F.softmax(torch.where(allowed | ~some, x, torch.full((), -torch.inf)), axis)
    return torch.where(some, p, torch.zeros(()))


def softmax():
    c = Family("softmax")
    for number in range(10):
        shape = c.shape(1, 3) if number < 7 else [3, c.integer(17, 70)]
        axis, scale = c.axis(len(shape)), c.choice([1, 1, 3])
        x = c.normal(shape, scale)
        mask = c.integers(c.broadcasting_to(shape), 0, 1)
        c.case("softmax", lambda x: F.softmax(x, axis), x, axis=axis)
        c.case("softmax", lambda x: masked_softmax(x, mask, axis), x, axis=axis, mask=mask)
        c.case("log_softmax", lambda x: F.log_softmax(x, axis), x, precise=lambda x: precise.log_softmax(x, axis),
               axis=axis)
    c.case("softmax", lambda x: F.softmax(x, -1), c.normal([4, 5], 100), axis=-1)
    c.case("log_softmax", lambda x: F.log_softmax(x, -1), c.normal([4, 5], 100),
           precise=lambda x: precise.log_softmax(x, -1), axis=-1)
    for name, f in (("softmax", F.softmax), ("log_softmax", F.log_softmax)):
        c.case(name, lambda x: f(x, 0), c.normal([3, 0]), axis=0)
    return c


def loss():
    c = Family("loss")
    for number in range(8):
        classes = c.choice([2, 3, 7, 40])
        rows = c.shape(0, 2)
        logits, labels = c.normal(rows + [classes], 2), c.integers(rows, 0, classes - 1)
        ignored, smoothing = c.choice([None, None, 0, 1, -100]), c.choice([0, 0, 0.125, 0.5])

        def f(x):
            return cross_entropy(x.reshape(-1, classes), labels.reshape(-1), ignored, smoothing)

        def form(x):
            return precise.cross_entropy(x.reshape(-1, classes), labels.reshape(-1), ignored, smoothing)

        c.case("cross_entropy", f, logits, precise=form, labels=labels, ignored_label=ignored, label_smoothing=smoothing)
        shape, delta = c.shape(), c.choice([0.5, 1, 2])
        c.case("binary_cross_entropy_with_logits", F.binary_cross_entropy_with_logits, c.normal(shape, 5),
               c.uniform(shape, 0, 1))
        c.case("mean_squared_error", F.mse_loss, c.normal(shape), c.normal(shape))
        c.case("huber_loss", lambda x, t: huber(x, t, delta), c.normal(shape), c.normal(shape), delta=delta)
    far, labels = c.normal([6, 4], 100), c.integers([6], 0, 3)
    c.case("cross_entropy", lambda x: cross_entropy(x, labels, None, 0), far,
           precise=lambda x: precise.cross_entropy(x, labels, None, 0), labels=labels, label_smoothing=0)
    c.case("cross_entropy", lambda x: torch.zeros(()) * x.sum(), c.normal([3, 4]), labels=torch.zeros(3, dtype=torch.int64),
           ignored_label=0, label_smoothing=0)
    return c


def cross_entropy(x, labels, ignored, smoothing):
    """F.cross_entropy, but 0 where every label is ignored: PyTorch gives NaN."""
    if ignored is not None and bool((labels == ignored).all()):
        return torch.zeros(()) * x.sum()
    return F.cross_entropy(x, labels, ignore_index=-100 if ignored is None else ignored, label_smoothing=smoothing)


def huber(x, t, delta):
    """F.huber_loss has no second derivative."""
    r = x - t
    return torch.where(r.abs() <= delta, r * r / 2, delta * (r.abs() - delta / 2)).mean()


def rms_norm(x, gain, epsilon):
    return gain * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)


def normalization():
    c = Family("normalization")
    for number in range(10):
        width = c.integer(2, 6) if number < 7 else c.integer(15, 70)
        x, epsilon = c.normal(c.shape(0, 2) + [width], shift=c.choice([0, 0, 2])), c.choice([1e-5, 1e-3, 0.25])
        gain, bias = c.normal([width]), c.normal([width])
        c.case("layer_norm", lambda x, g, b: F.layer_norm(x, [width], g, b, epsilon), x, gain, bias, epsilon=epsilon)
        c.case("layer_norm", lambda x: F.layer_norm(x, [width], None, None, epsilon), x, epsilon=epsilon)
        c.case("rms_norm", lambda x, g: rms_norm(x, g, epsilon), x, gain, epsilon=epsilon)
    c.case("layer_norm", lambda x, g, b: F.layer_norm(x, [3], g, b, 1e-5), c.normal([0, 3]), c.normal([3]), c.normal([3]),
           epsilon=1e-5)
    c.case("rms_norm", lambda x, g: rms_norm(x, g, 1e-5), c.normal([0, 3]), c.normal([3]), epsilon=1e-5)
    return c


def attention_weights(q, k, causal=None, mask=None, bias=None, scale=None):
    """From primitives: PyTorch 1.13 has no attention that takes a scale, or whose second derivatives are exact."""
    queries, keys = q.shape[-2], k.shape[-2]
    scores = q @ k.mT * (q.shape[-1]**-0.5 if scale is None else scale)
    if bias is not None:
        scores = scores + bias.to(scores.dtype)
    allowed = torch.ones(queries, keys, dtype=torch.bool)
    if causal:  # the last query sees all keys
        allowed = allowed.tril(keys - queries)
    if mask is not None:
        allowed = allowed & mask.bool()
    return masked_softmax(scores, allowed)


def attention():
    c = Family("attention", cancelling=0.5)  # in the softmax of a query that may attend to one key
    for number in range(16):
        before = c.shape(0, 2, 3) if number < 12 else []
        queries, keys, width, values = (c.integer(1, 5) for _ in range(4))
        if number >= 12:
            queries, keys, width, values = c.integer(17, 70), c.integer(17, 70), c.choice([3, 8]), c.choice([3, 8])
        causal = c.choice([None, True])
        mask = c.choice([None, c.integers(c.broadcasting_to(before + [queries, keys]), 0, 1)])
        scale = c.choice([None, None, 0.75])
        q, k = c.normal(before + [queries, width]), c.normal(before + [keys, width])
        v = c.normal(before + [keys, values])
        c.case("attention_weights", lambda q, k: attention_weights(q, k, causal, mask, None, scale), q, k, causal=causal,
               mask=mask, scale=scale)
        bias = c.normal(c.broadcasting_to([queries, keys]))
        for constant in (None, bias):
            c.case("scaled_dot_product_attention",
                   lambda q, k, v: attention_weights(q, k, causal, mask, constant, scale) @ v, q, k, v, causal=causal,
                   mask=mask, bias=constant, scale=scale)
        c.case("scaled_dot_product_attention", lambda q, k, v, bias: attention_weights(q, k, causal, mask, bias, scale) @ v,
               q, k, v, bias, causal=causal, mask=mask, scale=scale)
        multi_head(c, c.shape(0, 1, 2), queries, keys, width, values, causal, scale)
    for queries, keys in ((3, 0), (0, 3)):
        c.case("scaled_dot_product_attention", lambda q, k, v: attention_weights(q, k) @ v, c.normal([queries, 2]),
               c.normal([keys, 2]), c.normal([keys, 4]))
    return c


def multi_head(c, before, queries, keys, width, values, causal, scale):
    key_heads, group = c.integer(1, 2), c.integer(1, 3)
    heads = key_heads * group
    mask = c.choice([None, c.integers(c.broadcasting_to(before + [heads, queries, keys]), 0, 1)])
    bias = c.choice([None, c.normal(c.broadcasting_to([heads, queries, keys]))])

    def f(q, k, v):
        # Grouped-query attention: each key head stands beside as many query heads as it serves.
        q, k, v = (x.unflatten(-1, (n, -1)).transpose(-2, -3) for x, n in ((q, heads), (k, key_heads), (v, key_heads)))
        k, v = k.repeat_interleave(group, -3), v.repeat_interleave(group, -3)
        return (attention_weights(q, k, causal, mask, bias, scale) @ v).transpose(-2, -3).flatten(-2)

    c.case("multi_head_attention", f, c.normal(before + [queries, heads * width]),
           c.normal(before + [keys, key_heads * width]), c.normal(before + [keys, key_heads * values]), heads=heads,
           key_heads=key_heads, causal=causal, mask=mask, bias=bias, scale=scale)


FAMILIES = [creation, two_sided, elementwise, reduction, shapes, indexing, matmul, softmax, loss, normalization, attention]
