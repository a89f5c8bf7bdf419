# Builds the README's program with ebb as a part of its own build, by add_subdirectory; and configures it with
# FetchContent, given the sources. Neither may change anything for the parent.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

set(shared OFF)
if(KIND STREQUAL "shared")
  set(shared ON)
endif()
readme_program(${WORK}/subproject)
set(options -S ${CMAKE_CURRENT_LIST_DIR}/subproject -D EBB_SOURCE=${SOURCE} -D PROGRAM=${WORK}/subproject/main.cpp
            -D DECOYS=${decoys} -D BUILD_SHARED_LIBS=${shared} -D EBB_OPENMP=${OPENMP})
file(REMOVE_RECURSE ${WORK}/fetched ${WORK}/added/CMakeCache.txt ${WORK}/added/compile_commands.json)
cmake_host_system_information(RESULT processor QUERY OS_PLATFORM)
if(processor STREQUAL "x86_64")
  run(${configure} ${options} -B ${WORK}/fetched -D FETCH=ON -D FOR_AVX512=ON)
  run(${CMAKE_COMMAND} --build ${WORK}/fetched --target ebb_kernels_avx2)
else()
  run(${configure} ${options} -B ${WORK}/fetched -D FETCH=ON)
endif()
# Kept between runs, so that a second one has little to compile.
run(${configure} ${options} -B ${WORK}/added -D CMAKE_BUILD_TYPE=${CONFIG} -D EBB_WERROR=${WERROR})
run(${CMAKE_COMMAND} --build ${WORK}/added)
if(EXISTS ${WORK}/added/compile_commands.json)
  message(FATAL_ERROR "ebb has the parent write compile_commands.json")
endif()
# CMake makes some targets only as it writes the build.
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/added --target help OUTPUT_VARIABLE targets COMMAND_ERROR_IS_FATAL ANY)
if(targets MATCHES "all_verify_interface_header_sets")
  message(FATAL_ERROR "ebb makes a target without its name: ${CMAKE_MATCH_0}")
endif()
run(${WORK}/added/first)
