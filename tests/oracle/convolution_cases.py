"""Random cases of convolutions, pooling, and the norms that go with them: operations, then layers. Channels come last to
ebb and second to PyTorch; a weight is [window..., in, out] to ebb and [out, in, window...] to PyTorch."""

import torch
import torch.nn.functional as F
from torch import nn

from golden import Family
from layer_cases import call, norm


def first(x):
    """[batch, extents..., channels] as [batch, channels, extents...]."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def turned(weight):
    return weight.permute(-1, -2, *range(weight.dim() - 2))


class Setting:
    """The shapes and options of a convolution over one or two axes."""

    def __init__(self, c, axes):
        self.groups = c.choice([1, 1, 2, 3])
        self.into, self.out = self.groups * c.integer(1, 2), self.groups * c.integer(1, 2)
        if c.integer(0, 3) == 0:
            self.groups = self.out = self.into
        self.window, self.stride, self.padding, self.dilation = (
            [c.integer(low, high) for _ in range(axes)] for low, high in ((1, 3), (1, 3), (0, 2), (1, 2)))
        self.extents = [d * (k - 1) + c.integer(1, 4) for d, k in zip(self.dilation, self.window)]
        self.batch = c.integer(1, 2)

    def options(self):
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    def x(self, c):
        return c.normal([self.batch] + self.extents + [self.into])

    def weight(self, c):
        return c.normal(self.window + [self.into // self.groups, self.out])


def convolution():
    c = Family("convolution", cancelling=0.5)
    for number in range(14):
        axes = 1 + number % 2
        s, f, g = Setting(c, axes), [F.conv1d, F.conv2d][axes - 1], [F.conv_transpose1d, F.conv_transpose2d][axes - 1]
        options = s.options()
        x, weight, bias = s.x(c), s.weight(c), c.normal([s.out])
        c.case("convolution", lambda x, w: last(f(first(x), turned(w), **options)), x, weight, **options)
        c.case("convolution", lambda x, w, b: last(f(first(x), turned(w), b, **options)), x, weight, bias, **options)
        more = [c.integer(0, min(stride, dilation) - 1) for stride, dilation in zip(s.stride, s.dilation)]
        back = options | {"padding": [min(p, d * (k - 1) // 2) for p, d, k in zip(s.padding, s.dilation, s.window)]}
        y = c.normal([s.batch] + [c.integer(1, 3) for _ in range(axes)] + [s.out])
        c.case("transposed_convolution", lambda y, w, b: last(
            g(first(y), turned(w), b, output_padding=more, **back)), y, weight, c.normal([s.into]), output_padding=more, **back)
        window = [c.integer(1, 3) for _ in range(axes)]
        stride, padding = [c.integer(1, 3) for _ in range(axes)], [c.integer(0, k // 2) for k in window]
        extents = [k + c.integer(0, 4) for k in window]
        x = c.normal([s.batch] + extents + [c.integer(1, 3)])
        for name, pool in (("max_pool", [F.max_pool1d, F.max_pool2d]), ("average_pool", [F.avg_pool1d, F.avg_pool2d])):
            c.case(name, lambda x: last(pool[axes - 1](first(x), window, stride, padding)), x, window=window, stride=stride,
                   padding=padding)
        c.case("max_pool", lambda x: last([F.max_pool1d, F.max_pool2d][axes - 1](first(x), window)), c.ties(x.shape),
               window=window)
    return c


def batch_normalization():
    c = Family("batch_normalization", cancelling=0.5)
    for _ in range(8):
        groups = c.integer(1, 3)
        channels = groups * c.integer(1, 2)
        x = c.normal([c.integer(2, 3)] + c.shape(0, 2) + [channels], shift=1)
        gain, bias = norm(c, channels)
        epsilon = c.choice([1e-5, 0.125])
        mean, variance = c.normal([channels]), c.uniform([channels], 0.25, 2)
        c.case("batch_norm", lambda x, g, b: last(F.batch_norm(first(x), None, None, g, b, True, 0, epsilon)), x, gain, bias,
               epsilon=epsilon)
        c.case("batch_norm", lambda x, g, b, m, v: (x - m) / (v + epsilon).sqrt() * g + b, x, gain, bias, mean, variance,
               epsilon=epsilon)
        places = c.normal([2, c.integer(2, 3)] + c.shape(0, 1) + [channels], shift=1)
        c.case("group_norm", lambda x, g, b: last(F.group_norm(first(x), groups, g, b, epsilon)), places, gain, bias,
               groups=groups, epsilon=epsilon)
        c.case("BatchNorm", lambda x, g, b: last(F.batch_norm(first(x), None, None, g, b, True)), x, gain, bias)
        c.case("GroupNorm", lambda x, g, b: last(call(nn.GroupNorm(groups, channels), {"weight": g, "bias": b}, first(x))),
               places, gain, bias, groups=groups)
        c.case("InstanceNorm", lambda x, g, b: last(F.instance_norm(first(x), weight=g, bias=b)), places, gain, bias)
    return c


def convolution_layers():
    c = Family("convolution_layers", cancelling=0.5)
    for number in range(8):
        axes = 1 + number % 2
        s = Setting(c, axes)
        options = s.options()
        kinds, backs = [nn.Conv1d, nn.Conv2d], [nn.ConvTranspose1d, nn.ConvTranspose2d]
        there = kinds[axes - 1](s.into, s.out, s.window, **options)
        c.case(kinds[axes - 1].__name__,
               lambda x, w, b: last(call(there, {"weight": turned(w), "bias": b}, first(x))), s.x(c), s.weight(c),
               c.normal([s.out]), into=s.into, out=s.out, window=s.window, **options)
        back = options | {"padding": [0] * axes}
        module = backs[axes - 1](s.out, s.into, s.window, **back)
        c.case(backs[axes - 1].__name__,
               lambda y, w, b: last(call(module, {"weight": turned(w), "bias": b}, first(y))),
               c.normal([s.batch] + [2] * axes + [s.out]), s.weight(c), c.normal([s.into]), into=s.out, out=s.into,
               window=s.window, **back)
        x = c.normal([s.batch] + [4] * axes + [2])
        pools = [(nn.MaxPool1d, nn.AvgPool1d), (nn.MaxPool2d, nn.AvgPool2d)][axes - 1]
        for name, module_of in zip(("MaxPool", "AveragePool"), pools):
            c.case(name, lambda x: last(module_of(2)(first(x))), x, window=[2] * axes)
    return c


def adaptive_pooling():
    c = Family("adaptive_pooling")
    for number in range(8):
        axes = 1 + number % 2
        x = c.normal([c.integer(1, 2)] + [c.integer(1, 6) for _ in range(axes)] + [c.integer(1, 3)])
        extents = [c.integer(1, 4) for _ in range(axes)]
        for name, layer, pool in (
                ("adaptive_max_pool", "AdaptiveMaxPool", [F.adaptive_max_pool1d, F.adaptive_max_pool2d]),
                ("adaptive_average_pool", "AdaptiveAveragePool", [F.adaptive_avg_pool1d, F.adaptive_avg_pool2d])):
            for each in (name, layer):
                c.case(each, lambda x: last(pool[axes - 1](first(x), extents)), x, extents=extents)
    return c


FAMILIES = [convolution, batch_normalization, convolution_layers, adaptive_pooling]
