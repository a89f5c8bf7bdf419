# Installs ebb into an empty folder, which then moves; builds and runs programs that find it there, among them the
# README's and the one that a break leaves behind to repeat what broke; looks at what was installed.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

# Runs the program that a break's bundle holds, in the bundle's folder. It must say that what broke is still broken.
function(run_repeat bundle)
  execute_process(COMMAND ${WORK}/repeat/repeat WORKING_DIRECTORY ${bundle} OUTPUT_VARIABLE output RESULT_VARIABLE result)
  message(STATUS "${output}")
  if(NOT result EQUAL 1 OR NOT output MATCHES "y = Tensor<float>.* inf")
    message(FATAL_ERROR "the bundle's program does not repeat the break: exit code ${result}")
  endif()
endfunction()

set(bundle ${WORK}/bundle)
file(REMOVE_RECURSE ${prefix} ${prefix}_before ${bundle})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix}_before)
file(RENAME ${prefix}_before ${prefix})

build(${consumer} consumer ${prefix})
run(${WORK}/consumer/consumer ${bundle})
build(${bundle} repeat ${prefix})
run_repeat(${bundle})
readme_program(${WORK}/readme)
build(${WORK}/readme first ${prefix})
run(${WORK}/first/first)

run(bash ${CMAKE_CURRENT_LIST_DIR}/check_headers.sh ${COMPILER} ${prefix}/include)
if(KIND STREQUAL "shared")
  file(GLOB library ${prefix}/lib*/libebb.so ${prefix}/lib*/*/libebb.so)
  run(bash ${CMAKE_CURRENT_LIST_DIR}/check_exports.sh ${library} ${prefix}/include)
  # Programs name the version that they were linked with: to 0.2 an ebb 0.1 is another library.
  execute_process(COMMAND readelf -d ${library} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" version ${VERSION})
  if(NOT dynamic MATCHES "SONAME[^\n]*\\[libebb\\.so\\.${version}\\]")
    message(FATAL_ERROR "the SONAME is not libebb.so.${version}: ${dynamic}")
  endif()
endif()
