#pragma once

#include <string>

#include "../base/visibility.hpp"
#include "../tape.hpp"

namespace ebb EBB_PUBLIC {

/// Writes the tape as one page that a browser opens offline: its records as a list and as a graph, where gradients ebb
/// away, the backward walk to play, each record's formula, values, adjoint and memory, and a comparison with the page
/// of another tape.
///
///     ebb::Tape<float> tape({.keep_all = true});
///     tape.backward(cross_entropy(model(inputs), targets));
///     ebb::write_html(tape, "tape.html");
///
/// Without keep_all a page has the structure, and of values and adjoints only what the tape still holds. Throws Error
/// if the file cannot be written, and leaves one that was there before as it was.
template <class T>
void write_html(const Tape<T>& tape, const std::string& path);

}  // namespace ebb
