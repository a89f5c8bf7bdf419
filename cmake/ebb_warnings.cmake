# The warnings that all of ebb's own code is compiled with.
add_library(ebb_warnings INTERFACE)
target_compile_options(ebb_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                              $<$<NOT:$<BOOL:${EBB_OPENMP}>>:-Wno-unknown-pragmas>
                                              $<$<BOOL:${EBB_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(ebb_warnings INTERFACE -Wno-restrict) # gcc bug 105651: "..." + std::string
endif()
