#include <fmt/format.h>

#include "error.hpp"
#include "op.hpp"
#include "scope.hpp"
#include "tape.hpp"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
bool any_tracked(Inputs<T> x) {
  for (const Tensor<T>& input : x)
    if (input.tracked()) return true;
  return false;
}

}  // namespace

Error error_in(const char* op, const std::string& message, SourceLocation at) {
  const SourceLocation where = Scope::caller_or(at);
  const std::string& scope = Scope::current();
  return Error(fmt::format("{}: {} (called at {}:{}{}{})", op, message, where.file(), where.line(),
                           scope.empty() ? "" : ", in ", scope));
}

template <class T>
Tensor<T> apply(const Op<T>& op, Inputs<T> x, Attributes attributes, SourceLocation at) {
  Tape<T>* tape = any_tracked(x) ? Tape<T>::recording() : nullptr;
  const Index size_before = tape != nullptr ? tape->size() : 0;
  try {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!x[i].defined()) throw Error(fmt::format("input {} is undefined (an empty tensor or parameter)", i));
      if (tape != nullptr) tape->check_on_this_tape(x[i]);
    }
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
    Tensor<T> y(op.forward(record, x), record.slot);
    record.shape = y.shape();
    tape->drop_recomputed(record);
    if (record.output_saved || tape->keeps_all()) record.output = y;
    return y;
  } catch (const Error& error) {
    if (tape != nullptr) tape->rewind(size_before);
    throw error_in(op.name, error.what(), at);
  } catch (...) {
    if (tape != nullptr) tape->rewind(size_before);
    throw;
  }
}

template <class T>
Tensor<T> apply(const Op<T>& op, std::initializer_list<const Operand<T>*> operands, Attributes attributes,
                SourceLocation at) {
  constexpr std::size_t most = 4;
  std::array<Tensor<T>, most> inputs;
  if (operands.size() > most)
    throw Error(fmt::format("{}: at most {} inputs in a braced list; pass a span of tensors", op.name, most));
  std::size_t count = 0;
  for (const Operand<T>* operand : operands) inputs[count++] = operand->tensor(at);
  return apply(op, Inputs<T>(inputs.data(), count), std::move(attributes), at);
}

template Tensor<float> apply(const Op<float>&, Inputs<float>, Attributes, SourceLocation);
template Tensor<double> apply(const Op<double>&, Inputs<double>, Attributes, SourceLocation);
template Tensor<float> apply(const Op<float>&, std::initializer_list<const Operand<float>*>, Attributes,
                             SourceLocation);
template Tensor<double> apply(const Op<double>&, std::initializer_list<const Operand<double>*>, Attributes,
                              SourceLocation);

}  // namespace ebb
