"""Loss curves of a small transformer, trained by PyTorch with each of its optimizers and each way of clipping."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

STEPS, BATCHES, BATCH, CONTEXT = 200, 16, 4, 6
VOCABULARY, WIDTH, HEADS, HIDDEN, BLOCKS = 7, 8, 2, 12, 2

LEARNING_RATES = {
    "sgd": 0.05, "nesterov": 0.05, "adam": 0.01, "adamw": 0.01, "rmsprop": 0.003, "amsgrad": 0.01, "adagrad": 0.05
}
WEIGHT_DECAY = 0.001
LIMITS = {"none": None, "norm": 0.5, "value": 0.02, "each": 0.1, "adaptive": 0.05}
LEAST_NORM = 0.001


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.output = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.feed_forward_norm = nn.LayerNorm(WIDTH)
        self.up, self.down = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)

    def forward(self, x):
        h = self.attention_norm(x)
        q, k, v = (f(h).unflatten(-1, (HEADS, -1)).transpose(1, 2) for f in (self.query, self.key, self.value))
        scores = q @ k.mT / (WIDTH / HEADS)**0.5
        future = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).triu(1)
        attended = F.softmax(scores.masked_fill(future, -torch.inf), -1) @ v
        x = x + self.output(attended.transpose(1, 2).flatten(-2))
        return x + self.down(F.gelu(self.up(self.feed_forward_norm(x))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY)

    def forward(self, ids):
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.positions.weight)))


def initial_weights(random):
    """By the order of parameters, which is that of ebb's visit too."""
    weights = []
    for name, p in Transformer().named_parameters():
        x = random.standard_normal(tuple(p.shape)) / 4
        weights.append(torch.from_numpy(x + 1 if name.endswith("norm.weight") else x))
    return weights


def as_ebb_has_it(model):
    """The weights, those of linear maps as [in, out]."""
    linear = {id(module.weight) for module in model.modules() if isinstance(module, nn.Linear)}
    return [(p.T if id(p) in linear else p).reshape(-1).tolist() for p in model.parameters()]


def sequences(random):
    """Each token follows from the one before it, but for one in eight."""
    tokens = random.randint(0, VOCABULARY, (BATCHES, BATCH, CONTEXT + 1))
    for t in range(1, CONTEXT + 1):
        follows = (3 * tokens[..., t - 1] + 1) % VOCABULARY
        tokens[..., t] = np.where(random.randint(0, 8, follows.shape) > 0, follows, tokens[..., t])
    return torch.from_numpy(tokens)


def optimizer(name, parameters):
    options = {"lr": LEARNING_RATES[name], "weight_decay": WEIGHT_DECAY}
    if name in ("sgd", "nesterov"):
        return torch.optim.SGD(parameters, momentum=0.9, nesterov=name == "nesterov", **options)
    if name == "amsgrad":
        return torch.optim.Adam(parameters, amsgrad=True, **options)
    return {
        "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop, "adagrad": torch.optim.Adagrad
    }[name](parameters, **options)


def unit_norms(x, is_linear):
    """The norms of a vector, of the rows of a linear map's weight, or of the columns of any other matrix."""
    if x.dim() == 1:
        return x.norm()
    return x.norm(dim=1 if is_linear else 0, keepdim=True)


def clip(model, parameters, how):
    limit = LIMITS[how]
    if how == "each":
        for p in parameters:
            p.grad *= min(1, limit / p.grad.norm())
    if how == "adaptive":
        linear = {id(module.weight) for module in model.modules() if isinstance(module, nn.Linear)}
        for p in parameters:
            bound = limit * unit_norms(p.data, id(p) in linear).clamp(min=LEAST_NORM)
            norm = unit_norms(p.grad, id(p) in linear)
            p.grad *= torch.where(norm > bound, bound / norm, torch.ones_like(norm))
    if how == "value":
        nn.utils.clip_grad_value_(parameters, limit)
    if how == "norm":  # nn.utils.clip_grad_norm_ adds 1e-6 to the norm that it divides by
        norm = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
        for p in parameters:
            p.grad *= min(1, limit / norm)


def curve(weights, tokens, name, how):
    model = Transformer()
    parameters = list(model.parameters())
    with torch.no_grad():
        for p, w in zip(parameters, weights):
            p.copy_(w)
    optimize, losses = optimizer(name, parameters), []
    for step in range(STEPS):
        batch = tokens[step % BATCHES]
        loss = F.cross_entropy(model(batch[:, :-1]).reshape(-1, VOCABULARY), batch[:, 1:].reshape(-1))
        optimize.zero_grad()
        loss.backward()
        clip(model, parameters, how)
        optimize.step()
        losses.append(loss.item())
    return {"optimizer": name, "lr": LEARNING_RATES[name], "clip": how, "limit": LIMITS[how] or 0, "losses": losses}


def make():
    random = np.random.RandomState(1)
    weights, tokens = initial_weights(random), sequences(random)
    model = Transformer()
    for p, w in zip(model.parameters(), weights):
        p.data = w
    return {
        "batches": BATCHES, "batch": BATCH, "context": CONTEXT, "vocabulary": VOCABULARY, "width": WIDTH, "heads": HEADS,
        "hidden": HIDDEN, "blocks": BLOCKS, "weight_decay": WEIGHT_DECAY, "tokens": tokens.reshape(-1).tolist(),
        "weights": as_ebb_has_it(model),
        "curves": [curve(weights, tokens, name, how) for name in LEARNING_RATES for how in LIMITS
                   if name == "adamw" or how in ("none", "norm", "value")],
    }
