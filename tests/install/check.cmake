# Installs ebb into an empty folder; builds and runs a program that finds it there; looks at what was installed.
# The static library is the one that the tests are linked to. The shared one is built here, as a subdirectory of the
# same program, so that this way of using ebb is tried as well.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(consumer ${CMAKE_CURRENT_LIST_DIR}/consumer)
set(configure ${CMAKE_COMMAND} -S ${consumer} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER})
set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${prefix} ${WORK}/consumer)

if(KIND STREQUAL shared)
  # Debug, because that compiles fastest; kept between runs, so that a second one has little to do.
  set(BUILD ${WORK}/subdirectory)
  run(${configure} -B ${BUILD} -D EBB_SOURCE=${SOURCE} -D BUILD_SHARED_LIBS=ON -D EBB_INSTALL=ON
      -D EBB_OPENMP=${OPENMP} -D CMAKE_BUILD_TYPE=Debug)
  run(${CMAKE_COMMAND} --build ${BUILD})
  run(${BUILD}/consumer)
endif()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
run(${configure} -B ${WORK}/consumer -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_BUILD_TYPE=Debug)
run(${CMAKE_COMMAND} --build ${WORK}/consumer)
run(${WORK}/consumer/consumer)

run(bash ${CMAKE_CURRENT_LIST_DIR}/check_headers.sh ${COMPILER} ${prefix}/include)
if(KIND STREQUAL shared)
  file(GLOB library ${prefix}/lib*/libebb.so ${prefix}/lib*/*/libebb.so)
  run(bash ${CMAKE_CURRENT_LIST_DIR}/check_exports.sh ${library} ${prefix}/include)
endif()
