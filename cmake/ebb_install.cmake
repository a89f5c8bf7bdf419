# Installs the library, its public headers and the files that find_package(ebb) and pkg-config read; cpack makes a .deb of
# them.
include(CMakePackageConfigHelpers)

# Public headers end in .hpp; those that are the library's own business end in .h, and are not installed.
file(GLOB_RECURSE public_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/autograd/*.hpp
     ${PROJECT_SOURCE_DIR}/ops/*.hpp ${PROJECT_SOURCE_DIR}/nn/*.hpp)
list(TRANSFORM public_headers PREPEND ${EBB_INCLUDE_DIR}/ebb/)
list(APPEND public_headers ${EBB_INCLUDE_DIR}/ebb/ebb.hpp)

# VERIFY_INTERFACE_HEADER_SETS: the target ebb_verify_interface_header_sets compiles each of them alone.
target_sources(ebb INTERFACE FILE_SET HEADERS BASE_DIRS ${EBB_INCLUDE_DIR} FILES ${public_headers})
if(PROJECT_IS_TOP_LEVEL)  # it also makes a target that is not named after ebb
  set_target_properties(ebb PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endif()

if(EBB_INSTALL)
  set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ebb)
  install(TARGETS ebb EXPORT ebb_targets FILE_SET HEADERS)
  install(EXPORT ebb_targets NAMESPACE ebb:: DESTINATION ${package_folder})
  get_target_property(ebb_type ebb TYPE)
  string(REGEX MATCH "^[0-9]+" fmt_major ${fmt_VERSION})
  math(EXPR fmt_next_major "${fmt_major} + 1")
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ebb_config.cmake.in ${PROJECT_BINARY_DIR}/ebb-config.cmake
                                INSTALL_DESTINATION ${package_folder})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/ebb-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/ebb-config.cmake ${PROJECT_BINARY_DIR}/ebb-config-version.cmake
          DESTINATION ${package_folder})

  # Paths that lead from the file itself, so that the folder may move. What a static library links to is the program's to
  # link, and pkg-config is seldom asked with --static; a shared one brings it along.
  set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH EBB_PREFIX_FROM_PC /${pkgconfig_folder} /)
  set(EBB_PC_REQUIRES)
  set(EBB_PC_LIBS)
  if(ebb_type STREQUAL "STATIC_LIBRARY")
    set(EBB_PC_REQUIRES "fmt >= ${fmt_major}, fmt < ${fmt_next_major}")
    if(EBB_OPENMP)
      foreach(name ${OpenMP_CXX_LIB_NAMES})  # clang's stands in a folder of its own
        cmake_path(GET OpenMP_${name}_LIBRARY PARENT_PATH folder)
        if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
          string(APPEND EBB_PC_LIBS " -L${folder}")
        endif()
        string(APPEND EBB_PC_LIBS " -l${name}")
      endforeach()
    endif()
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/ebb.pc.in ${PROJECT_BINARY_DIR}/ebb.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/ebb.pc DESTINATION ${pkgconfig_folder})
endif()

if(EBB_INSTALL AND PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME libebb-dev)
  set(CPACK_PACKAGE_CONTACT "the ebb authors")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  if(ebb_type STREQUAL "STATIC_LIBRARY")
    set(CPACK_DEBIAN_PACKAGE_DEPENDS "libfmt-dev (>= ${fmt_major}), libfmt-dev (<< ${fmt_next_major})")
  else()
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  endif()
  include(CPack)
endif()
