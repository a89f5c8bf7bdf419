# What the scripts in this folder share.
cmake_minimum_required(VERSION 3.25)

set(consumer ${CMAKE_CURRENT_LIST_DIR}/consumer)
set(prefix ${WORK}/prefix)
set(decoys ${WORK}/decoys)
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER})

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Builds the project in `source` against the ebb installed below `prefix`.
function(build source program prefix)
  file(REMOVE_RECURSE ${WORK}/${program})
  run(${configure} -S ${source} -B ${WORK}/${program} -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_BUILD_TYPE=Debug
      "-DCMAKE_CXX_FLAGS=-I'${decoys}'")
  run(${CMAKE_COMMAND} --build ${WORK}/${program})
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

# A user's own folders of the same names, on the include path of every program here: ebb must never read from them.
file(GLOB_RECURSE headers RELATIVE ${SOURCE} ${SOURCE}/autograd/*.hpp ${SOURCE}/ops/*.hpp ${SOURCE}/nn/*.hpp)
foreach(header ${headers})
  if(NOT EXISTS ${decoys}/${header})
    file(WRITE ${decoys}/${header} "#error ebb has included a file of its user's\n")
  endif()
endforeach()
