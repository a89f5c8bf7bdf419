# Installs the library, its headers and the files that find_package(ebb) reads.
