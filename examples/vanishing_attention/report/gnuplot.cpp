#include "gnuplot.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ebb/autograd/base/error.hpp>
#include <memory>

#include "text.hpp"

namespace vanishing_attention {

namespace {

// An unnamed temporary file. With files in place of pipes there is nothing to clean up, and neither process can wait
// for the other.
class TemporaryFile {
 public:
  TemporaryFile() : file_(std::tmpfile(), std::fclose) {
    if (!file_) throw ebb::Error(std::string("cannot make a temporary file: ") + std::strerror(errno));
  }
  int descriptor() const { return fileno(file_.get()); }
  void write(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() || std::fflush(file_.get()) != 0) {
      throw ebb::Error(std::string("cannot write a temporary file: ") + std::strerror(errno));
    }
    std::rewind(file_.get());
  }
  std::string read() {
    std::string text;
    char part[4096];
    std::rewind(file_.get());
    while (const std::size_t count = std::fread(part, 1, sizeof part, file_.get())) text.append(part, count);
    return text;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace

std::optional<std::string> run_gnuplot(const std::string& script) {
  TemporaryFile in, out, errors;
  in.write("set encoding utf8\n" + script);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  char program[] = "gnuplot";
  char* arguments[] = {program, nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, program, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT || failed == EACCES) return std::nullopt;
  if (failed) throw ebb::Error(std::string("cannot start gnuplot: ") + std::strerror(failed));

  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw ebb::Error(std::string("lost gnuplot: ") + std::strerror(errno));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw ebb::Error("gnuplot failed: " + errors.read());
  return out.read();
}

std::string gnuplot_string(const std::string& text) {
  std::string quoted = "'";
  for (char c : valid_utf8(text)) {
    if (c == '\'') quoted += '\'';
    quoted += c == '\n' || c == '\r' ? ' ' : c;
  }
  return quoted + "'";
}

}  // namespace vanishing_attention
