#pragma once

#include <filesystem>

#include "support/check.hpp"
#include "support/files.hpp"

namespace ebb_test {

/// A folder to write into, in which the test runs.
struct Fixture {
  ebb::Generator generator{1};
  TemporaryFolder folder;
  std::filesystem::path folder_before = std::filesystem::current_path();

  Fixture() { std::filesystem::current_path(folder.path); }
  ~Fixture() { std::filesystem::current_path(folder_before); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
};

}  // namespace ebb_test
