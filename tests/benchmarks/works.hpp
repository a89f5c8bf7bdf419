#pragma once

#include <span>

// Each work takes key=value arguments and prints one line or more; libtorch/bench.cpp does the same with libtorch.

/// One training step of a decoder: `L` pre-norm blocks of width D with H heads, T tokens, batch B, V symbols, AdamW,
/// clipping by norm. With checkpoint=1 each block keeps its input alone, and is recomputed by the walk.
void train(std::span<char*> arguments);
/// Causal attention, forward and backward: B x H heads of width d over T positions.
void attention(std::span<char*> arguments);
/// A chain of N links x = tanh(x a + b) on n elements: the time an operation takes forward and backward.
void overhead(std::span<char*> arguments);
/// Derivatives that touch little of what there is: a gradient at the end of a tape of N records, of a vector cut into n
/// parts, and of `ids` rows of a table.
void parts(std::span<char*> arguments);
/// A step of SGD for a network 2-16-16-1 on 100 points.
void mlp(std::span<char*> arguments);
/// Single operations on [N, D], forward and backward.
void ops(std::span<char*> arguments);
/// Convolutions of B images S x S with C channels, pooling and batch norm, forward and backward.
void convolution(std::span<char*> arguments);
/// Recurrent layers over B sequences of T steps, from D to H wide, forward and backward.
void recurrence(std::span<char*> arguments);
/// Matrix products at the shapes of a training step, or one m x n x k, as a share of the FMA peak of the same run.
void gemm(std::span<char*> arguments);
