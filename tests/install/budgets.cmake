# How much ebb may weigh: preprocessed lines of its one include, and bytes of the stripped library. A budget is what was
# measured and a tenth; raise it with a reason in the commit.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

function(check what measured budget)
  message(STATUS "${what}: ${measured} of at most ${budget}")
  if(measured GREATER budget)
    message(FATAL_ERROR "${what}: ${measured}, which is over the budget of ${budget}")
  endif()
endfunction()

set(include ${WORK}/include.cpp)
file(WRITE ${include} "#include <ebb/ebb.hpp>\n")
execute_process(COMMAND ${COMPILER} -std=c++20 -I${prefix}/include -E -P ${include} OUTPUT_VARIABLE text
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\n" lines "${text}")
list(LENGTH lines lines)
check("preprocessed lines of <ebb/ebb.hpp>" ${lines} 79500)

if(KIND STREQUAL "shared")
  set(budget_Release 5270000)
  set(budget_Debug 6260000)
  if(NOT DEFINED budget_${CONFIG})
    return()  # RelWithDebInfo
  endif()
  file(GLOB_RECURSE library ${prefix}/*/libebb.so)
  file(COPY_FILE ${library} ${WORK}/stripped.so)
  run(strip ${WORK}/stripped.so)
  file(SIZE ${WORK}/stripped.so bytes)
  check("bytes of the stripped libebb.so, ${CONFIG}" ${bytes} ${budget_${CONFIG}})
endif()
