#include "tests/benchmarks/recorded_runs.h"

#include <cmath>

#include "tests/support/synthetic_frame.h"

namespace anchorscope::benchmarks {
namespace {

constexpr std::int64_t kFrameEvery = 20;

/// The same evidence as another probe's and of another step.
std::shared_ptr<const ProbeFrame> asOf(const ProbeFrame& frame, int probe, std::int64_t step) {
  auto out = std::make_shared<ProbeFrame>(frame);
  auto image = std::make_shared<ProbeImage>(*frame.image);
  image->name = probeName(probe);
  out->image = std::move(image);
  out->step = step;
  return out;
}

}  // namespace

std::string probeName(int probe) {
  return "image-" + std::to_string(probe) + ".jpg";
}

LongRun& LongRun::shared() {
  static LongRun run;
  return run;
}

LongRun::LongRun() {
  testing::SyntheticFrameOptions small;
  small.imageSize = small.inputSize = {64, 64};
  small.objectCount = 1;
  const auto whole = testing::makeSyntheticEvidence(small);
  StageEvidence frame;
  frame.image = whole->image;
  frame.candidates = whole->candidates;
  for (int probe = 0; probe < kProbes; ++probe)
    frames_.push_back(asOf(*ProbeFrame::of(frame), probe, 0));
  writer_ = take(createRun(folder(), RunHeader(), Overwrite::kNo));
  for (std::int64_t step = 0; step < kLongSteps; ++step) {
    record(step);
    if (step % 200 == 0) must(writer_->flush());
  }
  must(writer_->flush());
}

void LongRun::grow() {
  record(next_);
  must(writer_->flush());
}

void LongRun::record(std::int64_t step) {
  const double value = 1 + std::sin(static_cast<double>(step) / 1000);
  StepRecord record{step, {{"loss.cls", value}, {"loss.loc", value / 3}}, {}};
  if (step % kFrameEvery == 0)
    for (int probe = 0; probe < kProbes; ++probe)
      record.frames.push_back(asOf(*frames_[static_cast<std::size_t>(probe)], probe, step));
  writer_->record(std::move(record));
  next_ = (step / kFrameEvery + 1) * kFrameEvery;
}

DenseRun& DenseRun::shared() {
  static DenseRun run;
  return run;
}

DenseRun::DenseRun() {
  const auto frame = testing::makeDenseSyntheticFrame();
  {
    const auto writer = take(createRun(folder(), RunHeader(), Overwrite::kNo));
    for (std::int64_t step = 0; step < kMoments; ++step) {
      StepRecord record{step, {}, {}};
      for (int probe = 0; probe < kProbes; ++probe)
        record.frames.push_back(asOf(*frame, probe, step));
      writer->record(std::move(record));
      must(writer->flush());
    }
  }
  reader_ = take(openRun(folder()));
  for (int probe = 0; probe < kProbes; ++probe)
    take(reader_->frame(probeName(probe), 0));  // what all moments share is read once
}

}  // namespace anchorscope::benchmarks
