#include "play.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "commands.hpp"
#include "screen.hpp"
#include "terminal.hpp"

namespace step {

namespace {

/// Plays a session on the terminal. Besides the position, the screen shows a text that covers it, or a message or a
/// question in its last line.
class Player {
 public:
  Player(Session& session, bool colour) : session_(session), colour_(colour) {}

  int play() {
    while (!done_) {
      const std::string footer = asking_ != nullptr ? fmt::format("{}: {}_", asking_->question, typed_) : message_;
      const Size size = terminal_.size();
      terminal_.draw(text_ ? screen_of(*text_, size) : screen_of(session_, footer, size), colour_);
      const int key = terminal_.key();
      if (key == Terminal::interrupted || key == Terminal::closed) break;
      if (key == Terminal::redraw) continue;
      if (text_)
        scroll(key, size);
      else if (asking_ != nullptr)
        edit(key);
      else
        press(key);
    }
    return terminal_.signal();
  }

 private:
  void scroll(int key, Size size) {
    const std::size_t step = std::max<std::size_t>(size.height, 6) - 4;
    const bool whole = wrapped(text_->lines, size.width).size() + 2 <= size.height;
    if (!whole && (key == 'n' || key == ' ' || key == Terminal::right || key == Terminal::enter))
      text_->top += step;
    else if (!whole && (key == 'b' || key == Terminal::left))
      text_->top -= std::min(text_->top, step);
    else if (whole || key == 'q' || key == Terminal::escape)
      text_.reset();
  }

  void edit(int key) {
    if (key == Terminal::enter) {
      const std::string line = fmt::format("{} {}", asking_->word, typed_);
      asking_ = nullptr;
      if (typed_.find_first_not_of(' ') != std::string::npos) obey(line);
    } else if (key == Terminal::escape) {
      asking_ = nullptr;
    } else if (key == Terminal::backspace) {
      if (!typed_.empty()) typed_.pop_back();
    } else if (key >= ' ' && key < 0x7F) {
      typed_ += static_cast<char>(key);
    }
  }

  void press(int key) {
    message_.clear();
    if (key == ' ' || key == Terminal::right || key == Terminal::enter) key = 'n';
    if (key == Terminal::left) key = 'b';
    for (const Command& command : commands())
      if (key == command.key) {
        if (command.question.empty()) return obey(command.word);
        asking_ = &command;
        typed_.clear();
        return;
      }
    message_ = "That key does nothing; ? shows those that do";
  }

  void obey(std::string_view line) {
    Answer answer = step::obey(session_, line);
    done_ = answer.kind == Answer::quit;
    message_ = std::move(answer.message);
    if (answer.kind == Answer::shown) text_ = Scrolled{std::move(answer.lines)};
  }

  Session& session_;
  const bool colour_;
  Terminal terminal_;
  std::optional<Scrolled> text_;
  std::string message_ = "Space goes on, ? helps.", typed_;
  const Command* asking_ = nullptr;
  bool done_ = false;
};

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw InputOutputError(fmt::format("cannot write the transcript: {}", std::strerror(errno)));
}

void print(const std::vector<Line>& lines, bool colour) {
  std::string text;
  for (const Line& line : lines) text += to_text(line, colour) + '\n';
  print(text + '\n');
}

/// Reads the next line of the standard input. Returns nothing at its end.
std::optional<std::string> read_line() {
  std::string line;
  for (int c; (c = std::getchar()) != EOF; line += static_cast<char>(c))
    if (c == '\n') return line;
  if (std::ferror(stdin)) throw InputOutputError(fmt::format("cannot read the input: {}", std::strerror(errno)));
  if (line.empty()) return {};
  return line;
}

}  // namespace

int play_on_terminal(Session& session, bool colour) { return Player(session, colour).play(); }

void play_transcript(Session& session, bool colour) {
  const bool echoes = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);  // a terminal shows what is typed by itself
  std::vector<Line> source;
  for (std::string& line : source_around(session.tape()[0].where.line())) source.push_back({{std::move(line)}});
  print(source, colour);
  print(block_of(session), colour);
  for (;;) {
    if (echoes) print("> ");
    const std::optional<std::string> line = read_line();
    if (!line) return;
    if (!echoes) print(fmt::format("> {}\n", printable(*line)));
    const Answer answer = obey(session, *line);
    if (answer.kind == Answer::quit) return;
    if (answer.kind == Answer::said)
      print(answer.message + "\n\n");
    else
      print(answer.kind == Answer::shown ? wrapped(answer.lines, 80) : block_of(session), colour);
  }
}

}  // namespace step
