#pragma once

#include <ebb/ebb.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ebb_test {

template <class T>
using Leaves = std::vector<ebb::Tensor<T>>;

/// Calls an operation or a layer. A layer takes its parameters from the inputs that it does not get as arguments, in
/// the order of `visit`, and puts their leaves in their place.
template <class T>
using Function = ebb::Tensor<T> (*)(Leaves<T>& x, const nlohmann::json& attributes);

/// Those of further_functions.cpp.
template <class T>
std::map<std::string, Function<T>> further_operations();

/// Those of sequence_and_image_functions.cpp.
template <class T>
std::map<std::string, Function<T>> sequence_and_image_functions();

/// The function that a golden's name stands for.
template <class T>
const std::map<std::string, Function<T>>& functions();

}  // namespace ebb_test
