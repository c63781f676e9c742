#pragma once
// Small real trainings for the tests of core/trainer.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/trainer/run_config.h"
#include "core/trainer/trainer.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {

/// The demo at 64 px on a tiny detector, batches of 2, one thread, deterministic: some 100 steps per second.
RunConfig smallConfig(const std::string& method = "musu", const std::string& model = "retina-small");

/// Sets "KEY", "VALUE"; fails the test on an error.
void set(RunConfig& config, const std::string& key, const std::string& value);

/// Null, with a failed test, when it cannot be prepared.
std::unique_ptr<Trainer> prepareOrFail(const RunConfig& config, const std::string& checkpoint = {});

/// So many steps; every scalar of every step, in order.
std::vector<StepReport> train(Trainer& trainer, int steps);

/// Makes a weight of the detector NaN and trains one step, which must change nothing; its report.
StepReport trainPoisoned(Trainer& trainer);

/// A COCO set of grey images with the given boxes (xywh) per image; returns its spec.
std::string writeCocoSet(const TemporaryFolder& folder,
                         const std::vector<std::vector<std::array<int, 4>>>& boxesPerImage);

/// Hands a step's evidence, of several batches the last one's, to the sinks of the stages.
class LastBatch final : public StepWatch {
 public:
  explicit LastBatch(StageSinks sinks) : sinks_(std::move(sinks)) {}
  StageSinks begin(const Batch&, std::int64_t index, std::int64_t count) override {
    return index + 1 == count ? sinks_ : StageSinks();
  }

 private:
  StageSinks sinks_;
};

double valueOf(const std::vector<ScalarValue>& scalars, const std::string& name);

}  // namespace anchorscope::testing
