#include "session.hpp"

#include <fmt/format.h>

namespace step {

namespace {

/// "y" of "const Tensor y = tanh(s);"
std::string declared_in(const std::string& line) {
  const std::size_t end = line.find(" = ");
  if (end == std::string::npos) return {};
  const std::size_t before = line.rfind(' ', end - 1);
  return line.substr(before + 1, end - before - 1);
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string place_of(const Record& record) {
  return fmt::format("{}:{}", last_part(record.where.file()), record.where.line());
}

Session::Session(const Program& program) : program_(program) {
  result_ = program.run(tape_);
  for (Index i = 0; i < tape_.size(); ++i) names_.push_back(find_name(tape_[i]));
  ebb::Walk<double> walk(tape_, result_);
  while (walk.step()) order_.push_back(walk.record().slot.record);
}

std::string Session::find_name(const Record& record) const {
  if (record.parameter != nullptr) return parameter_name(record);
  const Index next = record.slot.record + 1;
  const bool last_of_its_line = next == tape_.size() || tape_[next].where.line() != record.where.line();
  return last_of_its_line ? declared_in(source_line(record.where.line())) : std::string();
}

std::string Session::reference(Index record) const {
  return fmt::format("#{}{}{}", record, name(record).empty() ? "" : " ", name(record));
}

const Record& Session::record_at(Index position) const {
  if (position < forward_size()) return tape_[position];
  return tape_[order_[ebb::to_size(position - forward_size())]];
}

void Session::go(Index position) {
  if (position < forward_size()) {
    walk_.reset();
    position_ = position;
    return;
  }
  if (walk_ == nullptr) {
    walk_ = std::make_unique<ebb::Walk<double>>(tape_, result_);
    position_ = forward_size() - 1;
  }
  for (; position_ < position; ++position_) walk_->step();
  for (; position_ > position; --position_) walk_->back();
}

void Session::finish() {
  const Index last_forward = forward_size() - 1, last = size() - 1;
  if (position_ < last_forward)
    go(last_forward);
  else
    go(position_ < last ? last : 0);
}

bool Session::run_to(const std::string& text) {
  const auto go_where = [&](auto matches) {
    for (Index i = position_ + 1; i < size(); ++i) {
      const Record& record = record_at(i);
      if (!matches(record.op->name) && !matches(name(record.slot.record))) continue;
      go(i);
      return true;
    }
    return false;
  };
  return go_where([&](std::string_view word) { return word == text; }) ||
         go_where([&](std::string_view word) { return word.find(text) != word.npos; });
}

Tensor Session::gradient(Index record) const { return walk_ != nullptr ? walk_->adjoint(record) : Tensor(); }

std::string Session::explain() const {
  std::string text = ebb::explain(record());
  const std::string path = record().where.file();
  if (const std::size_t at = text.find(path); at != std::string::npos) text.replace(at, path.size(), last_part(path));
  return text;
}

}  // namespace step
