#pragma once
// A small recorded run, as windows look at it alone or beside another.

#include <gtest/gtest.h>

#include <QString>
#include <filesystem>
#include <string>
#include <vector>

#include "core/store/run_writer.h"
#include "core/trainer/run_config.h"
#include "tests/app/held_source.h"

namespace anchorscope::testing {

struct RecordedRun {
  std::int64_t every = 3;  ///< Of ten steps those with evidence.
  double loss = 1;
  const char* rate = "0.01";
  std::vector<std::string> probes{"cells.jpg"};
  std::vector<RunEvent> events = {};
};

/// MuSu's; its folder.
inline QString recordRun(const std::filesystem::path& path, const RecordedRun& run = {}) {
  auto config = makeRunConfig("musu", "retina-small");
  EXPECT_TRUE(applySetting(*config, "train.lr", run.rate));
  RunHeader header;
  header.configToml = toToml(*config);
  header.dataSpec = "voc:/data/cells#train";
  header.methodName = "musu";
  header.modelName = "retina-small";
  header.classNames = {"rbc", "platelet", "wbc"};
  auto writer = createRun(path.string(), header, Overwrite::kYes);
  EXPECT_TRUE(writer);
  for (std::int64_t step = 0; step < 10; ++step) {
    StepRecord made{step, {{"loss.cls", run.loss}, {"loss.loc", 0.5}}, {}};
    if (step % run.every == 0)
      for (const std::string& probe : run.probes)
        made.frames.push_back(momentOf(probe, step));
    (*writer)->record(std::move(made));
  }
  for (const RunEvent& event : run.events)
    (*writer)->recordEvent(event);
  EXPECT_TRUE((*writer)->flush());
  return QString::fromStdString(path.string());
}

}  // namespace anchorscope::testing
