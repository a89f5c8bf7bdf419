# Installs ebb into an empty folder; builds and runs programs that find it there, among them the README's and the one that
# a break leaves behind to repeat what broke; looks at what was installed.
# The static library is the one that the tests are linked to. The shared one is built here, as a subdirectory of the
# same program, so that this way of using ebb is tried as well.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Builds the project in `source` against the installed library.
function(build source program)
  run(${configure} -S ${source} -B ${WORK}/${program} -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_BUILD_TYPE=Debug)
  run(${CMAKE_COMMAND} --build ${WORK}/${program})
endfunction()

# Runs the program that a break's bundle holds, in the bundle's folder. It must say that what broke is still broken.
function(run_repeat bundle)
  execute_process(COMMAND ${WORK}/repeat/repeat WORKING_DIRECTORY ${bundle} OUTPUT_VARIABLE output RESULT_VARIABLE result)
  message(STATUS "${output}")
  if(NOT result EQUAL 1 OR NOT output MATCHES "y = Tensor<float>.* inf")
    message(FATAL_ERROR "the bundle's program does not repeat the break: exit code ${result}")
  endif()
endfunction()

# Writes the README's two blocks of code, main.cpp and CMakeLists.txt, into a folder.
function(readme_program folder)
  set(languages cpp cmake)
  set(files main.cpp CMakeLists.txt)
  file(READ ${SOURCE}/README.md text)
  foreach(language file IN ZIP_LISTS languages files)
    if(NOT text MATCHES "\n```${language}\n([^`]*)\n```\n")
      message(FATAL_ERROR "README.md has no block of ${language}")
    endif()
    file(WRITE ${folder}/${file} "${CMAKE_MATCH_1}\n")
  endforeach()
endfunction()

set(consumer ${CMAKE_CURRENT_LIST_DIR}/consumer)
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER})
set(prefix ${WORK}/prefix)
set(bundle ${WORK}/bundle)
file(REMOVE_RECURSE ${prefix} ${bundle} ${WORK}/consumer ${WORK}/first ${WORK}/repeat)

if(KIND STREQUAL shared)
  # Debug, because that compiles fastest; kept between runs, so that a second one has little to do.
  set(BUILD ${WORK}/subdirectory)
  run(${configure} -S ${consumer} -B ${BUILD} -D EBB_SOURCE=${SOURCE} -D BUILD_SHARED_LIBS=ON -D EBB_INSTALL=ON
      -D EBB_OPENMP=${OPENMP} -D CMAKE_BUILD_TYPE=Debug)
  run(${CMAKE_COMMAND} --build ${BUILD})
  run(${BUILD}/consumer ${bundle})
  file(REMOVE_RECURSE ${bundle})
endif()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
build(${consumer} consumer)
run(${WORK}/consumer/consumer ${bundle})
build(${bundle} repeat)
run_repeat(${bundle})
readme_program(${WORK}/readme)
build(${WORK}/readme first)
run(${WORK}/first/first)

run(bash ${CMAKE_CURRENT_LIST_DIR}/check_headers.sh ${COMPILER} ${prefix}/include)
if(KIND STREQUAL shared)
  file(GLOB library ${prefix}/lib*/libebb.so ${prefix}/lib*/*/libebb.so)
  run(bash ${CMAKE_CURRENT_LIST_DIR}/check_exports.sh ${library} ${prefix}/include)
endif()
