#pragma once

#include "session.hpp"
#include "text.hpp"

namespace step {

/// "attention: one attention head, three tokens" and "backward 3 of 14".
std::string title_of(const Session& session);
std::string progress_of(const Session& session);
/// "programs.cpp:21  const Tensor product = x * y;"
Line source_of(const Session& session);

/// How much to show.
struct Amount {
  bool words = true;              // what the op does to a gradient
  std::size_t input_rows = 1000;  // of each input, at most
  std::size_t rows = 1000;        // of every other tensor
  bool gaps = true;               // between the parts
};

/// What happens at this position: the op and its formula; its inputs and value, or the gradient that arrives and what
/// flows on.
std::vector<Line> details(const Session& session, std::size_t width, Amount amount = {});

/// What an ordinary tape would save or let go of at this position, and what it holds after it.
std::string memory_text(const Session& session);

/// A tensor on its own: "value of #3 wave, shape [2]", and its rows.
std::vector<Line> tensor_page(const std::string& what, const Tensor& x);

}  // namespace step
