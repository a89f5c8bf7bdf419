# Installs the library, its public headers and the files that find_package(ebb) reads.
include(CMakePackageConfigHelpers)

# Public is what <ebb/ebb.hpp> reaches, and the opt-in <ebb/autograd/xtensor.hpp> and <ebb/ops/registry.hpp>. Every other
# header is the library's own business, and is not installed.
set(public_headers)
set(unread ebb.hpp ops/registry.hpp)
if(EXISTS ${EBB_INCLUDE_DIR}/ebb/autograd/xtensor.hpp)
  list(APPEND unread autograd/xtensor.hpp)
endif()
while(unread)
  list(POP_FRONT unread header)
  if(header IN_LIST public_headers)
    continue()
  endif()
  list(APPEND public_headers ${header})
  cmake_path(GET header PARENT_PATH folder)
  file(STRINGS ${EBB_INCLUDE_DIR}/ebb/${header} includes REGEX "^#include (\"|<ebb/)")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "^#include \"(.*)\".*" "${folder}/\\1" include "${include}")
    string(REGEX REPLACE "^#include <ebb/(.*)>.*" "\\1" include "${include}")
    cmake_path(NORMAL_PATH include)
    list(APPEND unread ${include})
  endforeach()
endwhile()
list(TRANSFORM public_headers PREPEND ${EBB_INCLUDE_DIR}/ebb/)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${public_headers})

# VERIFY_INTERFACE_HEADER_SETS: the target ebb_verify_interface_header_sets compiles each of them alone.
target_sources(ebb INTERFACE FILE_SET HEADERS BASE_DIRS ${EBB_INCLUDE_DIR} FILES ${public_headers})
set_target_properties(ebb PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)

if(EBB_INSTALL)
  set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
  install(TARGETS ebb EXPORT ebb_targets FILE_SET HEADERS)
  install(EXPORT ebb_targets NAMESPACE ebb:: DESTINATION ${package_folder})
  get_target_property(ebb_type ebb TYPE)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ebb_config.cmake.in ${PROJECT_BINARY_DIR}/ebb-config.cmake
                                INSTALL_DESTINATION ${package_folder})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/ebb-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/ebb-config.cmake ${PROJECT_BINARY_DIR}/ebb-config-version.cmake
          DESTINATION ${package_folder})
endif()
