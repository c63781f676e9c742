#pragma once
// CUDA's half-precision numbers on the host.

#include <c10/util/Half.h>

using __half = c10::Half;
