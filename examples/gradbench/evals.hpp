#pragma once

#include <vector>

#include "eval.hpp"

namespace gradbench {

// Each stands in the file of its name.
Eval ba();
Eval det();
Eval gmm();
Eval hello();
Eval ht();
Eval kmeans();
Eval llsq();
Eval lse();
Eval lstm();
Eval ode();
Eval particle();
Eval saddle();

}  // namespace gradbench
