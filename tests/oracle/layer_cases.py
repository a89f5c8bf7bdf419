"""Random cases of every layer of nn/. Inputs are a layer's arguments, then its parameters in the order of ebb's visit.
A linear map's weight is [in, out] to ebb, and transposed to PyTorch."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.stateless import functional_call

from golden import Family
from op_cases import gelu_tanh, rms_norm

ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu, "gelu_tanh": gelu_tanh, "silu": F.silu, "tanh": torch.tanh,
               "sigmoid": torch.sigmoid, "identity": lambda x: x}


def call(module, parameters, *arguments, **options):
    """Calls a module of PyTorch with these in place of its own parameters."""
    module.train()  # without dropout: but evaluation takes short cuts that have no gradients
    return functional_call(module, parameters, arguments, options)


def attention_parameters(p, before=""):
    """Of query, key, value and output: weight and bias each."""
    return {
        before + "in_proj_weight": torch.cat([w.T for w in p[0:6:2]]), before + "in_proj_bias": torch.cat(p[1:6:2]),
        before + "out_proj.weight": p[6].T, before + "out_proj.bias": p[7]
    }


def linear(c, inputs, outputs):
    return [c.normal([inputs, outputs], inputs**-0.5), c.normal([outputs])]


def norm(c, width):
    return [c.normal([width], 0.25, 1), c.normal([width])]


def blocked(allowed, heads):
    """A mask [batch or 1, heads or 1, length, keys] of what is allowed as one of what is not: [batch * heads, ...]."""
    return None if allowed is None else ~allowed.bool().repeat(1, heads // allowed.shape[1], 1, 1).flatten(0, 1)


def simple_layers():
    c = Family("simple_layers")
    for activation, f in ACTIVATIONS.items():
        width, hidden = c.integer(1, 4), c.integer(1, 6)
        c.case("FeedForward", lambda x, w, b, v, d: F.linear(f(F.linear(x, w.T, b)), v.T, d),
               c.normal(c.shape(1, 2) + [width]), *linear(c, width, hidden), *linear(c, hidden, width), hidden=hidden,
               activation=activation)
    for _ in range(5):
        inputs, outputs = c.integer(1, 5), c.integer(1, 5)
        x = c.normal(c.shape(1, 2) + [inputs])
        c.case("Linear", lambda x, w, b: call(nn.Linear(inputs, outputs), {"weight": w.T, "bias": b}, x), x,
               *linear(c, inputs, outputs), out=outputs)
        c.case("Residual", lambda x, w, b: x + F.linear(x, w.T, b), x, *linear(c, inputs, inputs))
        c.case("Sequential", lambda x, w, b, v, d: F.linear(torch.tanh(F.linear(x, w.T, b)), v.T, d), x,
               *linear(c, inputs, outputs), *linear(c, outputs, 2), hidden=outputs, out=2)
        width = c.integer(2, 5)
        x = c.normal(c.shape(1, 2) + [width])
        c.case("LayerNorm", lambda x, g, b: call(nn.LayerNorm(width), {"weight": g, "bias": b}, x), x, *norm(c, width))
        c.case("RMSNorm", lambda x, g: rms_norm(x, g, 1e-5), x, norm(c, width)[0])
        count, ids = c.integer(2, 6), c.integers(c.shape(0, 2), 0, 1)
        table = c.normal([count, width])
        c.case("Embedding", lambda table: call(nn.Embedding(count, width), {"weight": table}, ids), table, ids=ids)
        c.case("Embedding::logits", lambda x, table: F.linear(x, table), x, table)
        length = c.integer(1, 4)
        context = length + c.integer(0, 2)
        x = c.normal(c.shape(0, 2) + [length, width])
        c.case("LearnedPositions", lambda x, table: x + table[:length], x, c.normal([context, width]))
        c.case("SinusoidalPositions", lambda x: x + sinusoids(length, width, x.dtype), x, context=context)
    return c


def sinusoids(length, width, dtype):
    """Vaswani et al. 2017, section 3.5; PyTorch has none."""
    i = torch.arange(width, dtype=torch.float64)
    angle = torch.arange(length, dtype=torch.float64)[:, None] / 10000**((i - i % 2) / width)
    return torch.where(i % 2 == 0, angle.sin(), angle.cos()).to(dtype)


def attention_layers():
    c = Family("attention_layers", cancelling=0.5)
    for _ in range(6):
        heads = c.integer(1, 3)
        width, batch, length, keys = heads * c.integer(1, 2), c.integer(1, 2), c.integer(1, 4), c.integer(1, 4)
        x, memory = c.normal([batch, length, width]), c.normal([batch, keys, width])
        parameters = [p for _ in range(4) for p in linear(c, width, width)]
        mask = c.choice([None, some_allowed(c, [batch, c.choice([1, heads]), length, keys])])
        module = nn.MultiheadAttention(width, heads, batch_first=True)

        def f(x, memory, *p):
            return call(module, attention_parameters(p), x, memory, memory, attn_mask=blocked(mask, heads),
                        need_weights=False)[0]

        def weights(x, memory, *p):
            return call(module, attention_parameters([*p, torch.zeros_like(p[0]), torch.zeros_like(p[1])] * 2)
                        | {"in_proj_weight": torch.cat([p[0].T, p[2].T, p[2].T]), "in_proj_bias": torch.cat([p[1], p[3], p[3]])},
                        x, memory, memory, attn_mask=blocked(mask, heads), average_attn_weights=False)[1]

        c.case("MultiHeadAttention", f, x, memory, *parameters, heads=heads, mask=mask)
        c.case("MultiHeadAttention::attention_weights", weights, x, memory, *parameters[:4], heads=heads, mask=mask)
    return c


def some_allowed(c, shape):
    """A mask that leaves every row its first key: PyTorch gives NaN for a row without any."""
    mask = c.integers(shape, 0, 1)
    mask[..., 0] = 1
    return mask


def transformer_blocks():
    c = Family("transformer_blocks", cancelling=0.5)
    for norm_place in ("pre", "post"):
        for activation in ("relu", "gelu", "silu"):
            block(c, norm_place, True, activation, c.choice([None, True]))
    for norm_place, residual in (("none", True), ("none", False), ("pre", False), ("post", False)):
        block(c, norm_place, residual, "gelu", True)
    return c


def block(c, norm_place, residual, activation, causal):
    heads = c.integer(1, 2)
    width, hidden, batch, length = heads * 2, c.integer(2, 5), c.integer(1, 2), c.integer(2, 4)
    mask = None if causal else some_allowed(c, [batch, 1, length, length])
    allowed = torch.ones(1, 1, length, length).tril() if causal else mask
    attention = [p for _ in range(4) for p in linear(c, width, width)]
    feed_forward = linear(c, width, hidden) + linear(c, hidden, width)
    f = ACTIVATIONS[activation]

    def encoder_layer(x, *p):
        """PyTorch's own, which is always residual and normalises."""
        module = nn.TransformerEncoderLayer(width, heads, hidden, 0, f, batch_first=True, norm_first=norm_place == "pre")
        own = attention_parameters(p[2:10], "self_attn.") | {
            "norm1.weight": p[0], "norm1.bias": p[1], "norm2.weight": p[10], "norm2.bias": p[11],
            "linear1.weight": p[12].T, "linear1.bias": p[13], "linear2.weight": p[14].T, "linear2.bias": p[15]
        }
        return call(module, own, x, blocked(allowed.expand(batch, 1, length, length), heads))

    def plain(x, *p):
        norms, (p, q) = ((p[:2], p[10:12]), (p[2:10], p[12:])) if norm_place != "none" else (((), ()), (p[:8], p[8:]))
        module = nn.MultiheadAttention(width, heads, batch_first=True)
        blocks = blocked(allowed.expand(batch, 1, length, length), heads)
        branches = (lambda h: call(module, attention_parameters(p), h, h, h, attn_mask=blocks, need_weights=False)[0],
                    lambda h: F.linear(f(F.linear(h, q[0].T, q[1])), q[2].T, q[3]))
        for branch, gain_and_bias in zip(branches, norms):
            h = branch(F.layer_norm(x, [width], *gain_and_bias) if norm_place == "pre" else x)
            h = x + h if residual else h
            x = F.layer_norm(h, [width], *gain_and_bias) if norm_place == "post" else h
        return x

    parameters = [norm(c, width), attention, norm(c, width), feed_forward]
    if norm_place == "none":
        parameters = [attention, feed_forward]
    c.case("TransformerBlock", encoder_layer if residual and norm_place != "none" else plain,
           c.normal([batch, length, width]), *sum(parameters, []), heads=heads, hidden=hidden, norm=norm_place,
           residual=residual, activation=activation, causal=causal, mask=mask)


def decoder_blocks():
    c = Family("decoder_blocks", cancelling=0.5)
    for norm_place in ("pre", "post"):
        for activation in ("relu", "gelu"):
            decoder_block(c, norm_place, activation)
    return c


def decoder_block(c, norm_place, activation):
    heads = c.integer(1, 2)
    width, hidden, batch, length, keys = heads * 2, c.integer(2, 5), c.integer(1, 2), c.integer(2, 4), c.integer(2, 4)
    mask = some_allowed(c, [batch, 1, length, keys])
    past = torch.ones(1, 1, length, length).tril().expand(batch, 1, length, length)

    def f(x, memory, *p):
        module = nn.TransformerDecoderLayer(width, heads, hidden, 0, ACTIVATIONS[activation], batch_first=True,
                                            norm_first=norm_place == "pre")
        own = attention_parameters(p[2:10], "self_attn.") | attention_parameters(p[12:20], "multihead_attn.") | {
            "norm1.weight": p[0], "norm1.bias": p[1], "norm2.weight": p[10], "norm2.bias": p[11],
            "norm3.weight": p[20], "norm3.bias": p[21], "linear1.weight": p[22].T, "linear1.bias": p[23],
            "linear2.weight": p[24].T, "linear2.bias": p[25]
        }
        return call(module, own, x, memory, blocked(past, heads), blocked(mask, heads))

    attention = [[p for _ in range(4) for p in linear(c, width, width)] for _ in range(2)]
    parameters = [norm(c, width), attention[0], norm(c, width), attention[1], norm(c, width), linear(c, width, hidden),
                  linear(c, hidden, width)]
    c.case("DecoderBlock", f, c.normal([batch, length, width]), c.normal([batch, keys, width]), *sum(parameters, []),
           heads=heads, hidden=hidden, norm=norm_place, activation=activation, mask=mask)


FAMILIES = [simple_layers, attention_layers, transformer_blocks, decoder_blocks]
