#pragma once

#include <span>
#include <vector>

#include "reverse_sweep.h"

// The part of backward() that concerns the parameters: whose gradients it adds to, and how.
namespace ebb {

/// The leaves of these parameters, and the watched ones. Throws Error if none of the parameters has a leaf.
template <class T>
std::vector<Index> leaves_into(const Tape<T>& tape, const Recipients<T>& parameters);

/// Throws Error if an optimizer holds the parameters of some of these leaves, and none holds that of another, which
/// would not be trained while its gradient adds up.
template <class T>
void check_held_by_optimizers(const Tape<T>& tape, std::span<const Index> leaves);

/// Adds what the sweep left at the leaves of parameters to the gradients of these: to all, or to none if it throws, as
/// it does where an optimizer has stepped since the walk that a gradient began with, unless they are to accumulate. One
/// thread at a time.
template <class T>
void add_to_parameters(const ReverseSweep<T>& sweep, bool accumulate);

}  // namespace ebb
