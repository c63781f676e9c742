// The evidence of a run that is trained: what was recorded before what is measured now.
#include "widgets/source/live_source.h"

#include <gtest/gtest.h>

#include <QTest>
#include <map>

#include "core/store/run_writer.h"
#include "tests/support/fake_session.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using Steps = std::vector<std::int64_t>;

std::shared_ptr<const ProbeFrame> frameAt(std::int64_t step) {
  testing::SyntheticFrameOptions options;
  options.imageSize = options.inputSize = {64, 64};
  options.step = step;
  return testing::makeSyntheticFrame(options);
}

class LiveSourceTest : public ::testing::Test {
 protected:
  /// What the trainer has recorded so far: steps and evidence at every fourth.
  void record(std::int64_t from, std::int64_t to) {
    if (!writer) {
      auto made = createRun(folder, RunHeader(), Overwrite::kNo);
      ASSERT_TRUE(made) << made.error().text();
      writer = *std::move(made);
    }
    for (std::int64_t step = from; step <= to; ++step) {
      StepRecord record{step, {{"loss", double(step)}}, {}};
      if (step % 4 == 0) record.frames = {frameAt(step)};
      writer->record(std::move(record));
    }
    ASSERT_TRUE(writer->flush());
  }
  void start(bool continued) {
    RunConfig config;
    config.out = folder;
    bridge.start(config, {});
    source = std::make_unique<LiveSource>(bridge, continued);
    QObject::connect(source.get(), &EvidenceSource::scalarsArrived,
                     [this](const ScalarParts& parts, bool all) {
                       for (const auto& [name, part] : parts) {
                         Steps& own = scalars[name];
                         own.insert(own.end(), part.steps.begin(), part.steps.end());
                       }
                       complete = complete || all;
                     });
    QObject::connect(source.get(), &EvidenceSource::eventsArrived, [this](const std::vector<RunEvent>& more) {
      for (const RunEvent& event : more)
        events.push_back(event.text);
    });
    QObject::connect(source.get(), &EvidenceSource::momentArrived,
                     [this](const Moment& moment) { moments.push_back(moment); });
    QObject::connect(source.get(), &EvidenceSource::failed,
                     [this](const Error& error) { errors.push_back(error); });
  }
  void measure(std::int64_t step) { trainer.send(StepEvent{step, {{"loss", double(step)}}}); }

  testing::TemporaryFolder home;
  const std::string folder = (home / "run").string();
  std::unique_ptr<RunWriter> writer;
  testing::FakeTrainer trainer;
  SessionBridge bridge{nullptr, trainer.factory()};
  std::unique_ptr<LiveSource> source;
  std::map<std::string, Steps> scalars;
  std::vector<std::string> events;
  std::vector<Moment> moments;
  std::vector<Error> errors;
  bool complete = false;
};

TEST_F(LiveSourceTest, TellsWhatIsMeasuredAndFindsTheRecordingOnceThereIsOne) {
  start(false);
  measure(1);
  trainer.publishFacts({"a.jpg"});
  trainer.send(NoteEvent{{1, "note", "one"}});
  trainer.send(EvaluationEvent{1, {{"ap", 0.25}}, {}, {}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return scalars["eval.ap"] == Steps{1}; }));
  EXPECT_EQ(scalars["loss"], Steps{1});
  EXPECT_EQ(events, std::vector<std::string>{"one"});
  EXPECT_TRUE(source->steps()->empty());
  record(0, 9);
  source->refresh();
  ASSERT_TRUE(QTest::qWaitFor([&] { return *source->steps() == (Steps{0, 4, 8}); }));
  EXPECT_EQ(scalars["loss"], Steps{1}) << "what was recorded was told when it was measured";
  record(10, 12);
  source->refresh();
  ASSERT_TRUE(QTest::qWaitFor([&] { return source->steps()->back() == 12; }));
  source->request({8, {}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !moments.empty(); }));
  EXPECT_EQ(moments[0].frame->step, 8);
  EXPECT_TRUE(errors.empty());
}

TEST_F(LiveSourceTest, TheNewestMomentIsShownAsItIsInMemory) {
  start(false);
  trainer.publishFacts({"a.jpg"});
  const auto snapshot = trainer.publish(5, {frameAt(5)});
  ASSERT_TRUE(QTest::qWaitFor([&] { return bridge.snapshot() == snapshot; }));
  source->request({5, {}});
  EXPECT_TRUE(moments.empty());
  ASSERT_TRUE(QTest::qWaitFor([&] { return !moments.empty(); }));
  EXPECT_EQ(moments[0].frame, snapshot->probes[0]);
  EXPECT_EQ(moments[0].probes, snapshot->probes);
}

TEST_F(LiveSourceTest, WhatIsMeasuredMeanwhileComesAfterWhatWasRecordedAndOnce) {
  record(0, 9);
  writer->recordEvent({3, "note", "three"});
  writer->recordEvent({9, "resume", "gone on with"});
  ASSERT_TRUE(writer->flush());
  start(true);
  trainer.send(NoteEvent{{9, "resume", "gone on with"}});
  trainer.send(NoteEvent{{9, "note", "nine"}});
  measure(9);
  trainer.publishFacts({"a.jpg"});
  measure(10);
  ASSERT_TRUE(QTest::qWaitFor([&] { return complete; }));
  measure(11);
  ASSERT_TRUE(QTest::qWaitFor([&] { return scalars["loss"].back() == 11; }));
  Steps all;
  for (std::int64_t step = 0; step <= 11; ++step)
    all.push_back(step);
  EXPECT_EQ(scalars["loss"], all);
  EXPECT_EQ(events, (std::vector<std::string>{"three", "gone on with", "nine"}));
  EXPECT_EQ(source->framesBefore(), 3);
}

TEST_F(LiveSourceTest, ARecordingThatCannotBeReadIsToldAndTheRunIsShown) {
  start(true);  // there is nothing in the folder
  measure(10);
  trainer.send(NoteEvent{{10, "note", "ten"}});
  trainer.publishFacts({"a.jpg"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return scalars["loss"] == Steps{10}; }));
  EXPECT_EQ(events, std::vector<std::string>{"ten"});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace anchorscope
