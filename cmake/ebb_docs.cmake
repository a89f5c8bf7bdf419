# The target ebb_docs: the public headers as pages to read, beside README.md and what else is written, with the numbered
# examples linked from what they use. Where doxygen is installed.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  message(STATUS "doxygen was not found: no target ebb_docs")
  return()
endif()

if(PROJECT_SOURCE_DIR MATCHES " ")
  message(STATUS "doxygen loses links between pages in a folder with a space in its name: no target ebb_docs")
  return()
endif()

file(GLOB examples RELATIVE ${PROJECT_SOURCE_DIR}/examples CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/[0-9]*.cpp)
set(pages)
foreach(example ${examples})
  string(APPEND pages "/** \\example ${example} */\n")
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/docs/examples.dox "${pages}")

set(EBB_DOCUMENTED)
foreach(header ${public_headers} README.md CONTRIBUTING.md autograd/README.md autograd/kernels/README.md ops/README.md nn/coming_from_pytorch.md
        examples/attention_backward.md examples/recipes/README.md examples/gradbench/README.md docs/examples.dox)
  string(REPLACE ${EBB_INCLUDE_DIR}/ebb/ebb.hpp ${PROJECT_SOURCE_DIR}/cmake/ebb.hpp header ${header})
  string(REPLACE ${EBB_INCLUDE_DIR}/ebb/ ${PROJECT_SOURCE_DIR}/ header ${header})
  string(APPEND EBB_DOCUMENTED " \"${header}\"")
endforeach()
string(REPLACE docs/examples.dox ${PROJECT_BINARY_DIR}/docs/examples.dox EBB_DOCUMENTED "${EBB_DOCUMENTED}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/Doxyfile.in ${PROJECT_BINARY_DIR}/docs/Doxyfile @ONLY)
add_custom_target(ebb_docs COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/docs/Doxyfile
                  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
