#include "memory.hpp"

#include <fmt/format.h>

#include <functional>
#include <variant>

namespace step {

namespace {

struct Held {
  const void* buffer;
  std::size_t bytes;
  Index source;      // the record whose value it is; -1 if it is no record's
  const char* what;  // its description if it is no record's value
};

void for_each_held(const Record& record, const std::function<void(const Held&)>& visit) {
  const auto of = [&](const ebb::Array<double>& x, Index source, const char* what) {
    visit({x.data(), ebb::to_size(x.size()) * sizeof(double), source, what});
  };
  for (std::size_t i = 0; i < record.saved.size(); ++i)
    of(record.saved[i].value(), record.saved[i].slot().record, "a constant");
  for (const ebb::Array<double>& x : record.cached) of(x, -1, "what its kernel computed on the way");
  const bool leaf = record.op->backward == nullptr;
  if (record.output_saved || leaf) of(record.output.value(), record.slot.record, "");
  for (const ebb::Attribute& attribute : record.attributes.list())
    if (const auto* x = std::get_if<ebb::IntArray>(&attribute.value))
      visit({x->data(), ebb::to_size(x->size()) * sizeof(std::int32_t), -1, attribute.name});
}

}  // namespace

std::map<const void*, std::size_t> held_before(const Tape& tape, Index end) {
  std::map<const void*, std::size_t> held;
  for (Index i = 0; i < end; ++i) for_each_held(tape[i], [&](const Held& each) { held[each.buffer] = each.bytes; });
  return held;
}

Memory memory_at(const Session& session) {
  const Index here = session.record().slot.record;
  // A step of the walk also passes the records that no gradient reaches.
  const bool first_back = session.position() == session.forward_size();
  const Index behind =
      session.forward() ? here + 1
                        : (first_back ? session.tape().size() : session.record_at(session.position() - 1).slot.record);
  const auto before = held_before(session.tape(), here);
  const auto after = session.forward() ? held_before(session.tape(), here + 1) : before;

  Memory memory;
  std::map<const void*, bool> listed;
  for (Index i = here; i < behind; ++i)
    for_each_held(session.tape()[i], [&](const Held& each) {
      if (!listed.emplace(each.buffer, true).second) return;
      const std::string name = each.source >= 0 ? session.reference(each.source) : each.what;
      const bool alone = session.forward() || !before.contains(each.buffer);
      (alone ? memory.here : memory.kept).push_back(fmt::format("{} ({} B)", name, each.bytes));
    });
  memory.arrays = after.size();
  for (const auto& [buffer, bytes] : after) memory.bytes += bytes;
  return memory;
}

}  // namespace step
