# Installs ebb into an empty folder; builds and runs two programs that find it there, one of them the README's; looks at
# what was installed.
# The static library is the one that the tests are linked to. The shared one is built here, as a subdirectory of the
# same program, so that this way of using ebb is tried as well.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Builds the project in `source` against the installed library, and runs its program of this name.
function(build_and_run source program)
  run(${configure} -S ${source} -B ${WORK}/${program} -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_BUILD_TYPE=Debug)
  run(${CMAKE_COMMAND} --build ${WORK}/${program})
  run(${WORK}/${program}/${program})
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
file(REMOVE_RECURSE ${prefix} ${WORK}/consumer ${WORK}/first)

if(KIND STREQUAL shared)
  # Debug, because that compiles fastest; kept between runs, so that a second one has little to do.
  set(BUILD ${WORK}/subdirectory)
  run(${configure} -S ${consumer} -B ${BUILD} -D EBB_SOURCE=${SOURCE} -D BUILD_SHARED_LIBS=ON -D EBB_INSTALL=ON
      -D EBB_OPENMP=${OPENMP} -D CMAKE_BUILD_TYPE=Debug)
  run(${CMAKE_COMMAND} --build ${BUILD})
  run(${BUILD}/consumer)
endif()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
build_and_run(${consumer} consumer)
readme_program(${WORK}/readme)
build_and_run(${WORK}/readme first)

run(bash ${CMAKE_CURRENT_LIST_DIR}/check_headers.sh ${COMPILER} ${prefix}/include)
if(KIND STREQUAL shared)
  file(GLOB library ${prefix}/lib*/libebb.so ${prefix}/lib*/*/libebb.so)
  run(bash ${CMAKE_CURRENT_LIST_DIR}/check_exports.sh ${library} ${prefix}/include)
endif()
