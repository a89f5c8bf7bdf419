#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

/// A folder for the files of a recipe, which goes at the end of its scope with all that is in it.
struct TemporaryFolder {
  TemporaryFolder() : path((std::filesystem::temp_directory_path() / "ebb_recipe_XXXXXX").string()) {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make the folder " + path);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  /// The path of a file in the folder.
  std::string operator/(const std::string& name) const { return path + '/' + name; }

  std::string path;
};
