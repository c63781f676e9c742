#pragma once
// View header. What is fixed once a run is prepared.

#include <cstdint>
#include <string>
#include <vector>

#include "core/evidence/specs.h"
#include "core/trainer/run_config.h"

namespace anchorscope {

/// What a run is made of, and what its preparation has to say.
struct RunFacts {
  RunConfig config;
  RunDeclaration declaration;
  std::vector<std::string> classNames;
  std::vector<std::string> imageNames;  ///< Of the training set, in order.
  std::vector<std::string> validationImageNames;
  std::int64_t parameterCount = 0;
  std::string weightsReport;    ///< Empty when training starts from random weights.
  std::string priorReport;      ///< What the classes start with, where it was counted; else empty.
  std::string precisionReport;  ///< What train.precision = auto chose and why; empty where it was not asked.
  std::string trainingReport;   ///< Epochs, accumulation, rates of their own, averages; empty: none of these.
};

}  // namespace anchorscope
