#pragma once

#include <string>

#include "../base/visibility.hpp"
#include "../tape.hpp"

namespace ebb EBB_PUBLIC {

/// The records as a table: number, op, scope, shape, inputs, bytes saved, the user's line.
template <class T>
std::string to_string(const Tape<T>& tape);
/// Writes that to the standard output.
template <class T>
void print(const Tape<T>& tape);
/// The records as a graph in Graphviz's language: `dot -Tsvg tape.dot -o tape.svg`. Scopes are boxes, nested. Where a
/// walk left an adjoint, the colour says how large its norm is: dark at the largest, and pale from 1e-8 of that on
/// down.
template <class T>
std::string to_dot(const Tape<T>& tape);

}  // namespace ebb
