#pragma once

#include <new>
#include <string>

#include "../autograd/op.hpp"

namespace ebb {

/// An array for the result of a function that is no op. Throws Error, which names the function, for a shape that no
/// array can have, and for one that memory does not hold.
template <class T>
Array<T> new_array(const char* function, const Shape& shape) {
  try {
    return Array<T>(shape);
  } catch (const Error& error) {
    throw Error(std::string(function) + "(): " + error.what());
  }
}

/// Calls `compute`, whose Errors come to name the op and the user's line, and so does a lack of memory: for what an op
/// that is made of others does itself.
template <class F>
auto named(const char* op, SourceLocation at, F compute) {
  try {
    return compute();
  } catch (const Error& error) {
    throw error_in(op, error.what(), at);
  } catch (const std::bad_alloc&) {
    throw error_in(op, "there is no memory for it", at);
  }
}

}  // namespace ebb
