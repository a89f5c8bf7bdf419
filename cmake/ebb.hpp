#pragma once

// All of ebb: the engine, the operations, the layers.
#include <ebb/autograd/autograd.hpp>
#include <ebb/nn/nn.hpp>
#include <ebb/ops/ops.hpp>
