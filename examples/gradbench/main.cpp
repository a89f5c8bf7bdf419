// The programs of the GradBench suite, written with ebb. README.md says how to run them.

#include <exception>
#include <iostream>

#include "protocol.hpp"

int main() try {
  gradbench::Protocol().serve(std::cin, std::cout);
} catch (const std::exception& error) {  // a line that is no message
  std::cerr << "gradbench: " << error.what() << "\n";
  return 1;
}
