#include "held_memory.h"

#include <algorithm>
#include <unordered_map>

namespace ebb {

namespace {

/// Numbers buffers in the order in which they are first met.
class Ledger {
 public:
  template <class U>
  void note(const char* as, const Array<U>& x, std::vector<Hold>& holds) {
    if (x.size() == 0) return;
    const auto [found, added] = numbers_.try_emplace(x.data(), memory.buffers.size());
    if (added) memory.buffers.push_back({x.size() * static_cast<Index>(sizeof(U))});
    const std::size_t buffer = found->second;
    if (std::ranges::none_of(holds, [&](const Hold& hold) { return hold.buffer == buffer; }))
      holds.push_back({as, buffer});
  }
  template <class U>
  void mark_as_parameter(const Array<U>& x) {
    if (const auto found = numbers_.find(x.data()); found != numbers_.end())
      memory.buffers[found->second].of_parameter = true;
  }

  HeldMemory memory;

 private:
  std::unordered_map<const void*, std::size_t> numbers_;
};

}  // namespace

template <class T>
HeldMemory memory_held_by(const Tape<T>& tape) {
  Ledger ledger;
  for (Index i = 0; i < tape.size(); ++i) {
    const Record<T>& record = tape[i];
    std::vector<Hold> holds;
    for (std::size_t k = 0; k < record.saved.size(); ++k)
      if (!tape.recomputes(record, record.saved[k])) ledger.note("saved", record.saved[k].value(), holds);
    for (const Array<T>& array : record.cached) ledger.note("cached", array, holds);
    for (const Attribute& attribute : record.attributes.list())
      if (const auto* array = std::get_if<IntArray>(&attribute.value)) ledger.note(attribute.name, *array, holds);
    const bool leaf = record.op->backward == nullptr;
    ledger.note(record.output_saved || leaf ? "output" : "inspection", record.output.value(), holds);
    for (std::size_t k = 0; k < record.saved.size(); ++k) ledger.note("recomputed", record.saved[k].value(), holds);
    if (record.parameter != nullptr) ledger.mark_as_parameter(record.parameter->value);
    ledger.memory.holds.push_back(std::move(holds));
  }
  return std::move(ledger.memory);
}

template HeldMemory memory_held_by(const Tape<float>&);
template HeldMemory memory_held_by(const Tape<double>&);

}  // namespace ebb
