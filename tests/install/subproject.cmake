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
file(REMOVE_RECURSE ${WORK}/fetched ${WORK}/added/CMakeCache.txt)
run(${configure} ${options} -B ${WORK}/fetched -D FETCH=ON)
# Kept between runs, so that a second one has little to compile.
run(${configure} ${options} -B ${WORK}/added -D CMAKE_BUILD_TYPE=${CONFIG} -D EBB_WERROR=${WERROR})
run(${CMAKE_COMMAND} --build ${WORK}/added)
run(${WORK}/added/first)
