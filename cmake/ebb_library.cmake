# The library: autograd <- ops <- nn, one target.
include(ebb_warnings)
find_package(fmt REQUIRED)
if(EBB_OPENMP)
  find_package(OpenMP REQUIRED)
endif()

file(GLOB EBB_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/autograd/*.cpp ${PROJECT_SOURCE_DIR}/ops/*.cpp
     ${PROJECT_SOURCE_DIR}/nn/*.cpp)
file(GLOB EBB_KERNELS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/ops/kernels/*.cpp)

add_library(ebb ${EBB_SOURCES} ${EBB_KERNELS})
add_library(ebb::ebb ALIAS ebb)
target_compile_features(ebb PUBLIC cxx_std_20)
target_link_libraries(ebb PRIVATE fmt::fmt $<BUILD_INTERFACE:ebb_warnings>)
if(EBB_OPENMP)
  target_link_libraries(ebb PRIVATE OpenMP::OpenMP_CXX)
endif()
if(EBB_SANITIZE)
  target_compile_definitions(ebb PRIVATE EBB_NO_POOL)
endif()
# Kernels are raw loops: optimised in every build, so that a debug build stays usable.
set_source_files_properties(${EBB_KERNELS} PROPERTIES COMPILE_OPTIONS "-O3")
set_target_properties(ebb PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
if(BUILD_SHARED_LIBS AND UNIX AND NOT APPLE)
  set(exports ${PROJECT_SOURCE_DIR}/cmake/ebb_exports.map)
  target_link_options(ebb PRIVATE LINKER:--version-script=${exports})
  set_target_properties(ebb PROPERTIES LINK_DEPENDS ${exports})
endif()

# What users, tests and examples include as <ebb/...>: the source folders, laid side by side under include/ebb/.
set(EBB_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${EBB_INCLUDE_DIR}/ebb)
foreach(part autograd ops nn)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${part} ${EBB_INCLUDE_DIR}/ebb/${part} SYMBOLIC)
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/ebb.hpp ${EBB_INCLUDE_DIR}/ebb/ebb.hpp COPYONLY)
target_include_directories(ebb INTERFACE $<BUILD_INTERFACE:${EBB_INCLUDE_DIR}>
                                         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
