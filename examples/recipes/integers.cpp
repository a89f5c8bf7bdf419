// Integers: ids, labels and masks have arithmetic, comparisons and reductions of their own, and choose among numbers by
// one_hot, where, gather and top_k. They are constants, and stand on no tape.

#include <ebb/ebb.hpp>

#include "claim.hpp"

using ebb::IntArray;
using Tensor = ebb::Tensor<float>;
using Values = std::vector<std::int32_t>;

int main() {
  // Arithmetic: the hour and the day of a count of hours. Division names how it rounds, also below 0.
  const IntArray hours = {0, 25, 49, -1};
  claim(remainder(hours, 24).to_vector() == Values{0, 1, 1, 23}, "remainder has the sign of the divisor");
  claim(floor_divide(hours, 24).to_vector() == Values{0, 1, 2, -1}, "floor_divide rounds down");

  // Masks: 1 where something holds. They count, combine and choose.
  const IntArray labels = {2, 0, 2, 1};
  const IntArray wanted = logical_and(equal(labels, 2), hours > 0);
  claim(wanted.to_vector() == Values{0, 0, 1, 0} && sum(wanted) == 1, "masks combine, and their sum counts");
  const Tensor x({4}, {10, 20, 30, 40});
  claim(where(wanted, x, 0).to_vector() == std::vector<float>{0, 0, 30, 0}, "where() chooses by a mask");

  // One number of each row, at its label; and how often each label occurs.
  const Tensor logits = {{1, 2, 3}, {9, 1, 1}, {0, 4, 8}, {5, 7, 6}};
  const Tensor at_labels = take_along_axis(logits, unsqueeze(labels, 1), 1);
  claim(at_labels.to_vector() == std::vector<float>{3, 9, 8, 7}, "take_along_axis() takes one element of each row");
  const Tensor counts = sum(ebb::one_hot<float>(labels, 3), 0);
  claim(counts.to_vector() == std::vector<float>{1, 1, 2}, "the sum of one_hot() counts the labels");

  // The two largest of each row, and where they stand.
  const auto [values, places] = top_k(logits, 2);
  claim(places.to_vector() == Values{2, 1, 0, 1, 2, 1, 1, 2}, "top_k() tells the places of the largest");
  claim(values.at({3, 0}) == 7, "and their values");
  claim(argmax(logits).to_vector() == labels.to_vector(), "argmax() the place of the largest alone");

  // From numbers to integers: only whole ones, so that nothing is rounded unseen.
  claim(to_integers(round(x / 15)).to_vector() == Values{1, 1, 2, 3}, "what is rounded first becomes integers");
}
