#include <fmt/format.h>

#include "base/error.hpp"
#include "called_at.h"
#include "op.hpp"
#include "tape.hpp"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
bool any_tracked(Inputs<T> x) {
  for (const Tensor<T>& input : x)  // std::any_of unrolls by four, which takes longer for one or two inputs
    if (input.tracked()) return true;
  return false;
}

}  // namespace

Error error_in(const char* op, const std::string& message, SourceLocation at) {
  return error_at(fmt::format("{}: {}", op, message), at);
}

template <class T>
Tensor<T> apply(const Op<T>& op, Inputs<T> x, Attributes&& attributes, SourceLocation at) {
  Tape<T>* tape = any_tracked(x) ? Tape<T>::recording() : nullptr;
  const Index size_before = tape != nullptr ? tape->size() : 0;
  try {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!x[i].defined()) throw Error(fmt::format("input {} is undefined (an empty tensor or parameter)", i));
      if (tape != nullptr) tape->check_on_this_tape(x[i]);
    }
    if (tape != nullptr && op.backward == nullptr)
      throw Error(
          "it has no derivative (its backward is null), but an input stands on the tape; give it one, or pass "
          "x.detach()");
    if (tape != nullptr && tape->captured_ != nullptr) {
      for (const Tensor<T>& input : x)
        if (input.tracked()) tape->captured_->insert(input.slot().record);
      tape = nullptr;
    }
    if (tape == nullptr) {
      Record<T> unrecorded;
      unrecorded.op = &op;
      unrecorded.attributes = std::move(attributes);
      return Tensor<T>(op.forward(unrecorded, x));
    }
    Record<T>& record = tape->append(op, at);
    record.attributes = std::move(attributes);
    for (const Tensor<T>& input : x) record.inputs.push_back(input.slot().record);
    Array<T> value;
    {
      struct Pause {  // so that operations which a forward function is made of do not land on the tape
        typename Tape<T>::Life& life;
        ~Pause() { life = Tape<T>::Life::recording; }
      } pause{tape->life_};
      pause.life = Tape<T>::Life::paused;
      value = op.forward(record, x);
    }
    Tensor<T> y(std::move(value), record.slot);
    record.shape = y.shape();
    if (record.output_saved) record.output = y;
    if (tape->inspected()) tape->show_value(record, x, y);
    tape->drop_recomputed(record);
    return y;
  } catch (Break& stop) {  // its record stays, to be looked at, but not one that another op began meanwhile
    const bool of_this_tape = tape != nullptr && stop.tape == tape->id();
    if (tape != nullptr && !(of_this_tape && stop.record == size_before)) tape->forget_from(size_before);
    if (of_this_tape && stop.record > size_before) stop.record = -1;
    throw;
  } catch (const Error& error) {
    if (tape != nullptr) tape->forget_from(size_before);
    throw error_in(op.name, error.what(), at);
  } catch (...) {
    if (tape != nullptr) tape->forget_from(size_before);
    throw;
  }
}

template <class T>
Tensor<T> apply(const Op<T>& op, std::initializer_list<const Operand<T>*> operands, Attributes&& attributes,
                SourceLocation at) {
  // Only as many tensors are made as there are inputs: making and ending one takes as long as a small kernel.
  const auto* const* operand = operands.begin();
  const auto apply_to = [&](auto... numbers) {
    const std::array<Tensor<T>, sizeof...(numbers)> inputs{operand[numbers]->tensor(at)...};
    return apply(op, Inputs<T>(inputs), std::move(attributes), at);
  };
  switch (operands.size()) {
    case 1:
      return apply_to(0);
    case 2:
      return apply_to(0, 1);
    case 3:
      return apply_to(0, 1, 2);
    case 4:
      return apply_to(0, 1, 2, 3);
  }
  throw error_in(
      op.name,
      fmt::format("a braced list holds from one to four inputs, not {}; pass a span of tensors", operands.size()), at);
}

template Tensor<float> apply(const Op<float>&, Inputs<float>, Attributes&&, SourceLocation);
template Tensor<double> apply(const Op<double>&, Inputs<double>, Attributes&&, SourceLocation);
template Tensor<float> apply(const Op<float>&, std::initializer_list<const Operand<float>*>, Attributes&&,
                             SourceLocation);
template Tensor<double> apply(const Op<double>&, std::initializer_list<const Operand<double>*>, Attributes&&,
                              SourceLocation);

}  // namespace ebb
