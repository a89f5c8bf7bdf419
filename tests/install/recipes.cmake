# The recipes for package managers name the version that the project has.
cmake_minimum_required(VERSION 3.25)

file(READ ${SOURCE}/vcpkg.json manifest)
string(JSON vcpkg GET "${manifest}" version)
file(STRINGS ${SOURCE}/conanfile.py conan REGEX "^    version = ")
if(NOT vcpkg STREQUAL VERSION OR NOT conan STREQUAL "    version = \"${VERSION}\"")
  message(FATAL_ERROR "the version is ${VERSION}, but vcpkg.json says '${vcpkg}' and conanfile.py '${conan}'")
endif()
