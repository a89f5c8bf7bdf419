#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <ebb/autograd/gradcheck.hpp>

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failed = context.run();
  if (ebb::gradchecks_run() > 0) std::printf("gradchecks run: %d\n", ebb::gradchecks_run());
  return failed;
}
