#pragma once

#include <string>

#include "break_when.hpp"

namespace ebb {

/// Writes into a folder what it takes to repeat the one operation that an event is about: its inputs, its attributes,
/// the cotangent, and a program that runs it. Returns a sentence for the message: where the files are, or why there are
/// none.
template <class T>
std::string write_bundle(const Event<T>& event, const std::string& reason, const std::string& folder);

}  // namespace ebb
