#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string_view>

// Linked into each of the numbered examples, so that none of them has to say it: what was printed has arrived, or the
// program fails. On a full disk the numbers would be lost without a word.
namespace {

struct CheckStdout {
  ~CheckStdout() {  // at the end of the program, when all is printed
    std::cout.flush();
    if (std::cout.good() && std::fflush(stdout) == 0 && !std::ferror(stdout)) return;
    constexpr std::string_view message = "cannot write the output: a part of it is lost\n";
    std::fwrite(message.data(), 1, message.size(), stderr);
    ::_exit(1);
  }
};

const CheckStdout check_stdout;

}  // namespace
