// Everything that writes a file which the caller names does so by write_file, save_npy for instance.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

namespace {

const ebb::Array<float> x({1}, {7});

/// The file that save_npy makes of it.
std::string npy() {
  const TemporaryFolder folder;
  save_npy(folder.path + "/x.npy", x);
  return text_of(folder.path + "/x.npy");
}

}  // namespace

TEST_CASE("what a program has open is written into where it stands, whatever it leads to") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/output.txt";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::write(file, "before", 6) == 6);
  save_npy("/dev/fd/" + std::to_string(file), x);
  REQUIRE(::write(file, "after", 5) == 5);
  CHECK(text_of(path) == "before" + npy() + "after");
  std::filesystem::create_symlink("/dev/fd/" + std::to_string(file), folder.path + "/link");
  save_npy(folder.path + "/link", x);
  CHECK(text_of(path) == "before" + npy() + "after" + npy());
  REQUIRE(::close(file) == 0);
  CHECK_ERROR(save_npy("/dev/fd/" + std::to_string(file), x), "Bad file descriptor");
  CHECK_ERROR(save_npy("/dev/fd/none", x), "Bad file descriptor");
}

TEST_CASE("a file may have the longest name that there is") {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  save_npy(folder.path + "/" + name, x);
  CHECK(text_of(folder.path + "/" + name) == npy());
  CHECK(folder.names() == std::set<std::string>{name});
  CHECK_ERROR(save_npy(folder.path + "/" + name + "n", x), "File name too long");
}

TEST_CASE("links that lead nowhere but to each other are refused, and it is said what to do") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("b", folder.path + "/a");
  std::filesystem::create_symlink("a", folder.path + "/b");
  CHECK_ERROR(save_npy(folder.path + "/a", x),
              "Too many levels of symbolic links; give it a file in a folder that exists and can be written");
}

TEST_CASE("a file that cannot be written whole leaves the old one, and nothing under a temporary name") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/metrics.csv";
  ebb::write_file(path, "old");
  {
    const FileSizeLimit full(10);
    CHECK_ERROR(ebb::write_file(path, std::string(1000, 'x')), "cannot write '" + path + "': File too large");
  }
  CHECK(text_of(path) == "old");
  CHECK(folder.names() == std::set<std::string>{"metrics.csv"});
  ebb::write_file(path, "new");
  CHECK(text_of(path) == "new");
}

TEST_CASE("writing into a folder that is not there is a clear error") {
  CHECK_THROWS_WITH_AS(
      ebb::write_file("/nowhere/at/all.csv", ""),
      "cannot write '/nowhere/at/all.csv': No such file or directory; give it a file in a folder that exists and can "
      "be written to",
      ebb::Error);
}

TEST_CASE("a file that others may not read is written through one that they may not read either") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/secret";
  ebb::write_file(path, "old");
  for (const mode_t mode : {0600u, 0640u, 0666u, 0400u}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    ebb::write_file(path, "new");
    struct stat written = {};
    REQUIRE(::stat(path.c_str(), &written) == 0);
    CHECK((written.st_mode & 0777) == mode);
  }
}

TEST_CASE("nothing of a file stays if the program is killed while it is written") {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit small = {10, 10};
    std::signal(SIGXFSZ, SIG_DFL);  // kills
    ::setrlimit(RLIMIT_FSIZE, &small);
    ebb::write_file(folder.path + "/metrics.csv", std::string(1000, 'x'));
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(folder.names().empty());
}

TEST_CASE("of many who write one file at a time, each writes it whole") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/report.html";
  std::vector<std::thread> writers;
  for (char c = 'a'; c < 'e'; ++c)
    writers.emplace_back([&path, c] {
      for (int i = 0; i < 20; ++i) ebb::write_file(path, std::string(10'000, c));
    });
  for (std::thread& writer : writers) writer.join();
  const std::string text = text_of(path);
  CHECK(text == std::string(10'000, text.at(0)));
  CHECK(folder.names() == std::set<std::string>{"report.html"});
}

TEST_CASE("what somebody else left under a temporary name is neither followed nor written to") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/report.html", other = folder.path + "/other";
  ebb::write_file(other, "theirs");
  for (int k = 0; k < 3; ++k)
    std::filesystem::create_symlink(other, path + "." + std::to_string(::getpid()) + "-" + std::to_string(k) + ".part");
  std::filesystem::create_symlink(other, path + ".part");
  ebb::write_file(path, "ours");
  CHECK(text_of(path) == "ours");
  CHECK(text_of(other) == "theirs");
  CHECK(folder.names().size() == 6);
}
