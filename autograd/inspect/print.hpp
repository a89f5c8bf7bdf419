#pragma once

#include <iosfwd>
#include <string>

#include "../base/visibility.hpp"
#include "../gradcheck.hpp"
#include "../key.hpp"
#include "../storage/memory.hpp"
#include "../tape.hpp"

// The engine's types as text. Arrays, tensors and shapes are printed where they are declared; those of nn, too.

namespace ebb EBB_PUBLIC {

/// The records as a table: number, op, scope, shape, inputs, bytes saved, the user's line.
template <class T>
std::string to_string(const Tape<T>& tape);
/// Writes that to the standard output.
template <class T>
void print(const Tape<T>& tape);
template <class T>
std::ostream& operator<<(std::ostream& out, const Tape<T>& tape);
/// A record in a line: "#3 tanh in hidden [4, 3] of #2, main.cpp:17".
template <class T>
std::string to_string(const Record<T>& record);
template <class T>
std::ostream& operator<<(std::ostream& out, const Record<T>& record);
/// "Parameter<float> head.weight[2, 3] {{0.1, 0.7, 0.2}, ...}", at most `most` elements, and what is not usual of it:
/// that it is frozen or a buffer, and the norm of a gradient that it has.
template <class T>
std::string to_string(const Parameter<T>& x, Index most = 24);
template <class T>
std::ostream& operator<<(std::ostream& out, const Parameter<T>& x);
/// "main.cpp:17", or "unknown".
std::string to_string(const SourceLocation& where);
std::ostream& operator<<(std::ostream& out, const SourceLocation& where);
/// "Key{1, 0}": the seed and the stream.
std::string to_string(const Key& key);
std::ostream& operator<<(std::ostream& out, const Key& key);
/// "passed", or what failed.
std::string to_string(const GradcheckReport& report);
std::ostream& operator<<(std::ostream& out, const GradcheckReport& report);
/// "1.5 MiB in use, 2.0 MiB at the peak, 512 B free, 7 blocks from the system"
std::string to_string(const MemoryStatistics& memory);
std::ostream& operator<<(std::ostream& out, const MemoryStatistics& memory);
/// The records as a graph in Graphviz's language: `dot -Tsvg tape.dot -o tape.svg`. Scopes are boxes, nested. Where a
/// walk left an adjoint, the colour says how large its norm is: dark at the largest, and pale from 1e-8 of that on
/// down.
template <class T>
std::string to_dot(const Tape<T>& tape);

}  // namespace ebb
