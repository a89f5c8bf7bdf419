# The warnings that all of ebb's own code is compiled with.
add_library(ebb_warnings INTERFACE)
target_compile_options(ebb_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                              $<$<NOT:$<BOOL:${EBB_OPENMP}>>:-Wno-unknown-pragmas>
                                              $<$<BOOL:${EBB_WERROR}>:-Werror>)
