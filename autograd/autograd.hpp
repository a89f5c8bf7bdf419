#pragma once

// The engine: what it takes to record operations and to differentiate them. It knows no operation of its own.
#include "array.hpp"
#include "break_when.hpp"
#include "checkpoint.hpp"
#include "error.hpp"
#include "grad.hpp"
#include "gradcheck.hpp"
#include "memory.hpp"
#include "op.hpp"
#include "parameter.hpp"
#include "print.hpp"
#include "products.hpp"
#include "scope.hpp"
#include "tape.hpp"
#include "tensor.hpp"
#include "walk.hpp"
#include "write_html.hpp"
