# For g++-aarch64-linux-gnu and qemu-user, with the packages that aarch64.sh unpacks into EBB_PACKAGES.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EBB_PACKAGES)
set(CMAKE_FIND_ROOT_PATH ${EBB_PACKAGES})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_SKIP_RPATH ON)  # qemu finds the shared libraries among the packages
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${EBB_PACKAGES})
