# The library: autograd <- ops <- nn, one target.
include(ebb_warnings)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
if(EBB_OPENMP)
  find_package(OpenMP REQUIRED)
endif()

set(EBB_AUTOGRAD ${PROJECT_SOURCE_DIR}/autograd)
file(GLOB EBB_SOURCES CONFIGURE_DEPENDS ${EBB_AUTOGRAD}/*.cpp ${EBB_AUTOGRAD}/base/*.cpp ${EBB_AUTOGRAD}/storage/*.cpp
     ${EBB_AUTOGRAD}/files/*.cpp ${EBB_AUTOGRAD}/inspect/*.cpp ${EBB_AUTOGRAD}/page/*.cpp
     ${PROJECT_SOURCE_DIR}/ops/*.cpp ${PROJECT_SOURCE_DIR}/nn/*.cpp)
file(GLOB EBB_KERNELS CONFIGURE_DEPENDS ${EBB_AUTOGRAD}/kernels/*.cpp)

add_library(ebb ${EBB_SOURCES} ${EBB_KERNELS})
add_library(ebb::ebb ALIAS ebb)
target_compile_features(ebb PUBLIC cxx_std_20)
# So that a static ebb, too, can be linked into a shared object: a module of Python's, say.
set_target_properties(ebb PROPERTIES POSITION_INDEPENDENT_CODE ON)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # or exported functions could not be inlined into each other
  target_compile_options(ebb PRIVATE -fno-semantic-interposition)
endif()
# nlohmann_json is headers alone, so users of an installed ebb need not have it.
target_link_libraries(ebb PRIVATE fmt::fmt $<BUILD_INTERFACE:nlohmann_json::nlohmann_json> $<BUILD_INTERFACE:ebb_warnings>)
if(EBB_OPENMP)
  target_link_libraries(ebb PRIVATE OpenMP::OpenMP_CXX)
endif()
if(EBB_SANITIZE)
  target_compile_definitions(ebb PRIVATE EBB_NO_POOL)
endif()
# The gdb script goes into the library, whole; see autograd/debugger/embed.h.
set(EBB_DEBUGGER ${EBB_AUTOGRAD}/debugger)
file(GLOB EBB_DEBUGGER_SCRIPTS CONFIGURE_DEPENDS ${EBB_DEBUGGER}/gdb_*.py)
set_source_files_properties(${EBB_AUTOGRAD}/tape.cpp PROPERTIES
                            COMPILE_DEFINITIONS "EBB_DEBUGGER=\"${EBB_DEBUGGER}\""
                            OBJECT_DEPENDS "${EBB_DEBUGGER_SCRIPTS}")
# fmt's headers optimise their functions even in a debug build. Where g++ then notes how variables move, gdb takes the whole
# file for optimised, stops before a function has its arguments, and shows garbage.
set_source_files_properties(${EBB_SOURCES} PROPERTIES COMPILE_OPTIONS
                            "$<$<AND:$<CONFIG:Debug>,$<CXX_COMPILER_ID:GNU>>:-fno-var-tracking>")
# Kernels are raw loops: optimised in every build, so that a debug build stays usable.
set_source_files_properties(${EBB_KERNELS} PROPERTIES COMPILE_OPTIONS "-O3")

# The kernels under isa/ are compiled once for each instruction set; autograd/kernels/isa.cpp picks one at run time. They share no
# inline function with the rest, or a machine could be led into instructions that it lacks.
find_package(xtl QUIET)  # first: the package of xsimd may name it, but does not look for it
find_package(xsimd REQUIRED)
set(EBB_KERNEL_OPTIMISATION -O3)
if(EBB_SANITIZE)
  set(EBB_KERNEL_OPTIMISATION -O1)  # instrumented and unrolled, these would take minutes to compile
endif()
set(EBB_ISA_FLAGS_baseline "")
set(EBB_ISA_FLAGS_avx2 -mavx2 -mfma -mno-avx512f)  # and no more, whatever a parent compiles for
set(EBB_ISA_FLAGS_avx512 -mavx512f -mavx512cd -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma)
set(EBB_ISAS baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND EBB_ISAS avx2 avx512)
  target_compile_definitions(ebb PRIVATE EBB_X86_KERNELS)
endif()
file(GLOB EBB_ISA_KERNELS CONFIGURE_DEPENDS ${EBB_AUTOGRAD}/kernels/isa/*.cpp)
foreach(isa ${EBB_ISAS})
  add_library(ebb_kernels_${isa} OBJECT ${EBB_ISA_KERNELS})
  target_compile_definitions(ebb_kernels_${isa} PRIVATE EBB_ISA=${isa} $<TARGET_PROPERTY:ebb,COMPILE_DEFINITIONS>)
  # A kernel that is missing in a table would be called as a null pointer.
  target_compile_options(ebb_kernels_${isa} PRIVATE ${EBB_KERNEL_OPTIMISATION} ${EBB_ISA_FLAGS_${isa}}
                         -Werror=missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # gcc 12 takes the unset lanes of its own AVX-512 intrinsics for uninitialised
    target_compile_options(ebb_kernels_${isa} PRIVATE -Wno-maybe-uninitialized -Wno-uninitialized)
  endif()
  target_link_libraries(ebb_kernels_${isa} PRIVATE xsimd ebb_warnings)
  set_target_properties(ebb_kernels_${isa} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_sources(ebb PRIVATE $<TARGET_OBJECTS:ebb_kernels_${isa}>)
endforeach()

# The page that write_html writes becomes string constants, so that no file is needed beside the library.
set(page ${EBB_AUTOGRAD}/page)
file(READ ${page}/tape.html EBB_TAPE_PAGE_html)
file(READ ${page}/tape.css EBB_TAPE_PAGE_css)
set(page_scripts)
foreach(script model colours list graph_layout graph charts walk details compare main)
  list(APPEND page_scripts ${page}/${script}.js)
  file(READ ${page}/${script}.js text)
  string(APPEND EBB_TAPE_PAGE_js "${text}")
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page}/tape.html ${page}/tape.css ${page_scripts})
configure_file(${page}/page_parts.cpp.in ${PROJECT_BINARY_DIR}/page_parts.cpp @ONLY)
# The scripts are one string, longer than clang's -Wpedantic would have it.
set_source_files_properties(${PROJECT_BINARY_DIR}/page_parts.cpp PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
target_sources(ebb PRIVATE ${PROJECT_BINARY_DIR}/page_parts.cpp)

set_target_properties(ebb PROPERTIES VERSION ${PROJECT_VERSION} DEFINE_SYMBOL ""
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})  # until 1.0, see SameMinorVersion
if(BUILD_SHARED_LIBS AND UNIX AND NOT APPLE)
  set(exports ${PROJECT_SOURCE_DIR}/cmake/ebb_exports.map)
  target_link_options(ebb PRIVATE LINKER:--version-script=${exports})
  set_target_properties(ebb PROPERTIES LINK_DEPENDS ${exports})
endif()

# What users, tests and examples include as <ebb/...>: the source folders, laid side by side under include/ebb/.
set(EBB_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${EBB_INCLUDE_DIR}/ebb)
foreach(part autograd ops nn)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${part} ${EBB_INCLUDE_DIR}/ebb/${part} SYMBOLIC)
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/ebb.hpp ${EBB_INCLUDE_DIR}/ebb/ebb.hpp COPYONLY)
target_include_directories(ebb INTERFACE $<BUILD_INTERFACE:${EBB_INCLUDE_DIR}>
                                         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
