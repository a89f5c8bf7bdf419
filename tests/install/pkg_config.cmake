# Compiles the README's program by a plain call of the compiler, with what pkg-config says of the installed ebb.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
find_program(PKG_CONFIG pkg-config REQUIRED)

file(GLOB_RECURSE pc ${prefix}/*/ebb.pc)
cmake_path(GET pc PARENT_PATH pc_folder)
set(ENV{PKG_CONFIG_PATH} ${pc_folder})
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs ebb OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
readme_program(${WORK}/by_hand)
run(${COMPILER} -std=c++20 -I${decoys} ${WORK}/by_hand/main.cpp ${flags} -o ${WORK}/by_hand/first)

cmake_path(GET pc_folder PARENT_PATH library_folder)
set(ENV{LD_LIBRARY_PATH} ${library_folder})
run(${WORK}/by_hand/first)
