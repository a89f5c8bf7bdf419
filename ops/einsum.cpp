#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "axes.h"
#include "einsum.hpp"
#include "new_array.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

bool has(const std::string& letters, char letter) { return letters.find(letter) != std::string::npos; }

/// The letters of the operands, and of the result.
struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

/// The letters that stand once in all, in alphabetical order.
std::string letters_that_stand_once(const std::string& all) {
  std::string once;
  for (const char letter : all)
    if (std::count(all.begin(), all.end(), letter) == 1) once += letter;
  std::sort(once.begin(), once.end());
  return once;
}

Equation parse(const std::string& text) {
  Equation equation{{""}, ""};
  std::string all;
  bool in_result = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      (in_result ? equation.result : equation.operands.back()) += c;
      if (!in_result) all += c;
    } else if (c == ',' && !in_result) {
      equation.operands.emplace_back();
    } else if (c == '-' && !in_result && i + 1 < text.size() && text[i + 1] == '>') {
      in_result = true;
      ++i;
    } else {
      throw Error(
          fmt::format("\"{}\" is no equation: '{}' is neither a letter for an axis, a comma nor \"->\"", text, c));
    }
  }
  if (!in_result) equation.result = letters_that_stand_once(all);
  for (const char letter : equation.result) {
    if (!has(all, letter))
      throw Error(fmt::format("letter {} of the result stands in no operand of \"{}\"", letter, text));
    if (std::count(equation.result.begin(), equation.result.end(), letter) > 1)
      throw Error(fmt::format("letter {} stands twice in the result of \"{}\"", letter, text));
  }
  return equation;
}

/// A tensor with a letter for each axis.
template <class T>
struct Lettered {
  Tensor<T> x;
  std::string letters;
};

template <class T>
void check_operands(const Equation& equation, const std::vector<Tensor<T>>& operands) {
  if (equation.operands.size() != operands.size())
    throw Error(
        fmt::format("the equation names {} operands, and there are {}", equation.operands.size(), operands.size()));
  std::map<char, Index> extents;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const std::string& letters = equation.operands[k];
    if (!operands[k].defined()) throw Error(fmt::format("operand {} is undefined", k));
    const Shape& shape = operands[k].shape();
    if (static_cast<int>(letters.size()) != shape.rank())
      throw Error(fmt::format("operand {} of shape {} has {} axes, but the letters \"{}\"", k, to_string(shape),
                              shape.rank(), letters));
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const auto [found, is_new] = extents.emplace(letters[to_size(axis)], shape[axis]);
      if (!is_new && found->second != shape[axis])
        throw Error(
            fmt::format("letter {} stands for axes of extents {} and {}", found->first, found->second, shape[axis]));
    }
  }
}

/// The operand with its axes in the order of `letters`, which are its own.
template <class T>
Tensor<T> in_order(const Lettered<T>& operand, const std::string& letters, SourceLocation at) {
  if (operand.letters == letters) return operand.x;
  Axes order;
  for (const char letter : letters) order.push_back(static_cast<Index>(operand.letters.find(letter)));
  return permute(operand.x, order, at);
}

/// The operand without the letters that stand twice in it, by its diagonals, and without those that nothing needs, by
/// summing over them.
template <class T>
Lettered<T> simplified(Lettered<T> operand, const std::string& needed, SourceLocation at) {
  for (std::size_t i = 0; i < operand.letters.size();) {
    const char letter = operand.letters[i];
    const std::size_t again = operand.letters.find(letter, i + 1);
    if (again == std::string::npos) {
      ++i;
      continue;
    }
    Axes order;
    std::string rest;
    for (std::size_t k = 0; k < operand.letters.size(); ++k)
      if (k != i && k != again) order.push_back(static_cast<Index>(k)), rest += operand.letters[k];
    order.push_back(static_cast<Index>(i));
    order.push_back(static_cast<Index>(again));
    operand = {diagonal(permute(operand.x, order, at), 0, at), rest + letter};
  }
  Axes summed;
  std::string rest;
  for (std::size_t k = 0; k < operand.letters.size(); ++k)
    if (has(needed, operand.letters[k]))
      rest += operand.letters[k];
    else
      summed.push_back(static_cast<Index>(k));
  return summed.rank() == 0 ? operand : Lettered<T>{sum(operand.x, summed, {}, at), rest};
}

/// The extents of these letters in the operand, and 1 for those that it lacks.
template <class T>
Shape extents_of(const Lettered<T>& operand, const std::string& letters) {
  Shape shape;
  for (const char letter : letters)
    shape.push_back(has(operand.letters, letter) ? operand.x.extent(static_cast<int>(operand.letters.find(letter)))
                                                 : 1);
  return shape;
}

/// The product of two operands, summed over the letters that both have and nothing else needs.
template <class T>
Lettered<T> contracted(const Lettered<T>& a, const Lettered<T>& b, const std::string& needed, SourceLocation at) {
  std::string batch, left, right, summed;
  for (const char letter : a.letters) (!has(b.letters, letter) ? left : has(needed, letter) ? batch : summed) += letter;
  for (const char letter : b.letters)
    if (!has(a.letters, letter)) right += letter;
  const std::string all = batch + left + right;
  const auto [of_a, of_b] = named("einsum", at, [&] { return std::pair(extents_of(a, all), extents_of(b, all)); });
  if (summed.empty()) {
    const Tensor<T> x = in_order(a, batch + left, at), y = in_order(b, batch + right, at);
    return {multiply(reshape(x, of_a, at), reshape(y, of_b, at), at), all};
  }
  Shape rows{extents_of(a, left).size(), extents_of(a, summed).size()};
  Shape columns{rows[1], extents_of(b, right).size()};
  if (!batch.empty()) {
    const Index count = extents_of(a, batch).size();
    rows = rows.inserted(0, count);
    columns = columns.inserted(0, count);
  }
  const Tensor<T> product = matmul(reshape(in_order(a, batch + left + summed, at), rows, at),
                                   reshape(in_order(b, batch + summed + right, at), columns, at), {}, at);
  return {reshape(product, broadcast_shape(of_a, of_b), at), all};
}

}  // namespace

template <class T>
Tensor<T> einsum(const std::string& equation, const std::vector<Tensor<T>>& operands, SourceLocation at) {
  const Equation parsed = named("einsum", at, [&] {
    Equation letters = parse(equation);
    check_operands(letters, operands);
    return letters;
  });
  // The letters that the result or an operand from number `next` on has.
  const auto needed_from = [&](std::size_t next) {
    std::string needed = parsed.result;
    for (; next < operands.size(); ++next) needed += parsed.operands[next];
    return needed;
  };
  Lettered<T> product = simplified(Lettered<T>{operands[0], parsed.operands[0]}, needed_from(1), at);
  for (std::size_t k = 1; k < operands.size(); ++k) {
    const std::string needed = needed_from(k + 1);
    const Lettered<T> next = simplified(Lettered<T>{operands[k], parsed.operands[k]}, needed + product.letters, at);
    product = simplified(contracted(product, next, needed, at), needed, at);
  }
  return in_order(product, parsed.result, at);
}

template Tensor<float> einsum(const std::string&, const std::vector<Tensor<float>>&, SourceLocation);
template Tensor<double> einsum(const std::string&, const std::vector<Tensor<double>>&, SourceLocation);

}  // namespace ebb
