#include "commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "detail.hpp"

namespace step {

namespace {

constexpr Command all[] = {
    {'n', "next", "", "n, space, right", "one record on; after the last one, one step back"},
    {'b', "back", "", "b, left", "undoes that"},
    {'r', "run", "run to the op or name", "r OP", "on to a record whose op or name contains OP"},
    {'f', "finish", "", "f", "to the end of this pass; then to the start"},
    {'v', "value", "value of record", "v RECORD", "a record's value; by number or name"},
    {'g', "gradient", "gradient of record", "g RECORD", "what has flowed to a record so far"},
    {'e', "explain", "", "e", "the chain rule at this record, in numbers"},
    {'?', "help", "", "?", "this text"},
    {'q', "quit", "", "q", "ends"},
};

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return std::string(text);
}

Answer say(std::string text) { return {.kind = Answer::said, .message = std::move(text)}; }

/// Finds a record by its number, "3" or "#3", or by its name.
std::optional<Index> find_record(const Session& session, const std::string& asked) {
  for (Index i = 0; i < session.tape().size(); ++i) {
    const std::string number = std::to_string(i);
    if (asked == number || asked == '#' + number || (!asked.empty() && asked == session.name(i))) return i;
  }
  return {};
}

Answer run(Session& session, const std::string& asked) {
  if (session.run_to(asked)) return {};
  std::vector<std::string> ahead;
  for (Index i = session.position() + 1; i < session.size(); ++i)
    if (std::string op = session.record_at(i).op->name; std::count(ahead.begin(), ahead.end(), op) == 0)
      ahead.push_back(std::move(op));
  return say(fmt::format("No record ahead has '{}' in its op or name; ahead are: {}", asked,
                         ahead.empty() ? "none" : fmt::format("{}", fmt::join(ahead, ", "))));
}

Answer show(Session& session, const std::string& asked, bool gradient) {
  const std::optional<Index> record = find_record(session, asked);
  if (!record)
    return say(fmt::format("There is no record '{}'; they go from 0 to {}, some by a name, such as {}", asked,
                           session.tape().size() - 1, session.name(session.tape().size() - 1)));
  const std::string name = session.reference(*record);
  if (!session.made(*record))
    return say(fmt::format("{} is not made yet; so far there are #0 to #{}", name, session.record().slot.record));
  if (!gradient)
    return {.kind = Answer::shown, .lines = tensor_text("value of " + name, session.tape()[*record].output)};
  if (session.forward())
    return say(
        fmt::format("{} has no gradient yet: the walk back begins after record #{}", name, session.tape().size() - 1));
  const Tensor flowed = session.gradient(*record);
  if (!flowed.defined()) return say(fmt::format("Nothing has flowed to {} so far", name));
  return {.kind = Answer::shown,
          .lines = tensor_text((session.passed(*record) ? "gradient of " : "gradient so far of ") + name, flowed)};
}

Answer explain(const Session& session) {
  Answer answer{.kind = Answer::shown};
  const std::string text = session.explain();
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    answer.lines.push_back({{text.substr(from, end - from), from == 0 ? Style::strong : Style::plain}});
    from = end + 1;
  }
  return answer;
}

Answer help(const Session& session) {
  Answer answer{.kind = Answer::shown};
  const auto add = [&](std::string text, Style style = Style::plain) { answer.lines.push_back({{text, style}}); };
  add("Keys, and the words for them in a line of their own", Style::strong);
  for (const Command& each : all) add(fmt::format("  {:<16} {:<9} {}", each.keys, each.word, each.help));
  add("");
  add("In the list: [3, 2] is a shape; |0.5| is the norm of a gradient, and 0.5+ is one");
  add("to which more may still be added.");
  add("");
  for (std::string& line : source_around(session.tape()[0].where.line())) add("  " + std::move(line), Style::faint);
  return answer;
}

}  // namespace

std::span<const Command> commands() { return all; }

Answer obey(Session& session, std::string_view line) {
  const std::string text = printable(trimmed(line));
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string word = text.empty() ? "next" : text.substr(0, space), argument = trimmed(text.substr(space));
  const Command* command = std::find_if(std::begin(all), std::end(all), [&](const Command& each) {
    return word == each.word || word == std::string(1, each.key);
  });
  if (command == std::end(all)) {
    std::vector<std::string_view> words;
    for (const Command& each : all) words.push_back(each.word);
    return say(fmt::format("There is no '{}'; there is {}", word, fmt::join(words, ", ")));
  }
  if (argument.empty() != command->question.empty())
    return say(command->question.empty()
                   ? fmt::format("'{}' stands alone, without '{}'", command->word, argument)
                   : fmt::format("'{0}' needs more: {0}{1}", command->word, command->keys.substr(1)));
  switch (command->key) {
    case 'n':
      if (session.position() + 1 == session.size())
        return say("This is the end: every gradient is known. b goes back, f to the start");
      session.go(session.position() + 1);
      return {};
    case 'b':
      if (session.position() == 0) return say("This is the start");
      session.go(session.position() - 1);
      return {};
    case 'f':
      session.finish();
      return {};
    case 'r':
      return run(session, argument);
    case 'v':
    case 'g':
      return show(session, argument, command->key == 'g');
    case 'e':
      return explain(session);
    case '?':
      return help(session);
    default:
      return {.kind = Answer::quit};
  }
}

}  // namespace step
