#pragma once

#include "session.hpp"
#include "text.hpp"

namespace step {

/// "attention: one attention head, three tokens" and "backward 3 of 14".
std::string title_of(const Session& session);
std::string progress_of(const Session& session);
/// "programs.cpp:21  const Tensor product = x * y;"
Line source_of(const Session& session);

/// The parts to show.
struct Amount {
  bool words = true;              // on what the op does to a gradient
  std::size_t input_rows = 1000;  // of each input, at most
  std::size_t rows = 1000;        // of every other tensor
  bool gaps = true;               // between the parts
};

/// Explains the position: the op and its formula, and then its inputs and value or, in the backward walk, the gradient
/// that arrives and the gradients that flow on.
std::vector<Line> details(const Session& session, std::size_t width, Amount amount = {});

/// Tells which values an ordinary tape would save or let go of at this position, and how much it holds afterwards.
std::string memory_text(const Session& session);

/// Returns a tensor as text: "value of #3 wave, shape [2]", and its rows.
std::vector<Line> tensor_text(const std::string& what, const Tensor& x);

}  // namespace step
