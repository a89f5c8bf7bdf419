"""Random cases of recurrences: operations, then layers. Weights are [in, gates * hidden] to ebb, and transposed to
PyTorch; an operation gets what comes in at each step, which PyTorch computes itself: with the identity as a weight."""

import torch
from torch import nn

from golden import Family
from layer_cases import call

KINDS = {"rnn": ("RNN", torch.rnn_tanh, 1), "gru": ("GRU", torch.gru, 3), "lstm": ("LSTM", torch.lstm, 4)}


def run(f, x, states, parameters, layers=1, bidirectional=False):
    """PyTorch's function of the layer: of every step, and then of the last."""
    return f(x, states, parameters, True, layers, 0.0, True, bidirectional, True)


def recurrence():
    c = Family("recurrence", cancelling=0.5)
    for name, (_, function, gates) in KINDS.items():
        for _ in range(6):
            batch, length, hidden = c.integer(1, 3), c.integer(1, 4), c.integer(1, 3)

            def f(x, weight, state, last=None):
                none = torch.zeros(gates * hidden, dtype=x.dtype)
                own = [torch.eye(gates * hidden, dtype=x.dtype), weight.T, none, last if name == "gru" else none]
                if name != "lstm":
                    return run(function, x, state[None], own)[0]
                y, _, cell = run(function, x, [state[None], last[None]], own)
                return torch.cat([y, cell[0][:, None]], 1)

            inputs = [c.normal([batch, length, gates * hidden]), c.normal([hidden, gates * hidden], hidden**-0.5),
                      c.normal([batch, hidden])]
            if name != "rnn":
                inputs.append(c.normal([gates * hidden] if name == "gru" else [batch, hidden]))
            c.case(name, f, *inputs)
    return c


def parameters_of(c, into, hidden, gates):
    """Of one cell, in the order of ebb's visit."""
    return [c.normal([into, gates * hidden], into**-0.5), c.normal([hidden, gates * hidden], hidden**-0.5),
            c.normal([gates * hidden]), c.normal([gates * hidden])]


def own_names(p):
    return {"weight_ih": p[0].T, "weight_hh": p[1].T, "bias_ih": p[2], "bias_hh": p[3]}


def recurrent_layers():
    c = Family("recurrent_layers", cancelling=0.5)
    cells = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}
    for name, (layer, function, gates) in KINDS.items():
        for layers, bidirectional in ((1, False), (2, False), (1, True), (2, True)):
            batch, length, into, hidden = c.integer(1, 2), c.integer(1, 3), c.integer(1, 3), c.integer(1, 2)
            directions = 1 + bidirectional
            sizes = [into] + [hidden * directions] * (layers - 1)

            def f(x, *p):
                # Layer by layer there, and here first all that go forward.
                order = [d * layers + i for i in range(layers) for d in range(directions)]
                own = sum(([p[4 * k].T, p[4 * k + 1].T, p[4 * k + 2], p[4 * k + 3]] for k in order), [])
                none = torch.zeros(layers * directions, batch, hidden, dtype=x.dtype)
                return run(function, x, [none, none] if name == "lstm" else none, own, layers, bidirectional)[0]

            parameters = sum((parameters_of(c, sizes[i % layers], hidden, gates) for i in range(layers * directions)), [])
            c.case(layer, f, c.normal([batch, length, into]), *parameters, hidden=hidden, layers=layers,
                   bidirectional=bidirectional)
        cell = cells[name]

        def step(x, *p):
            y = call(cell(into, hidden), own_names(p), x)
            return torch.cat(y, -1) if name == "lstm" else y

        c.case(cell.__name__, step, c.normal([batch, into]), *parameters_of(c, into, hidden, gates), hidden=hidden)
    return c


FAMILIES = [recurrence, recurrent_layers]
