// A recorded run read on a thread of its own.
#include "widgets/source/recorded_source.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <QEventLoop>
#include <QTest>
#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "core/trainer/run_config.h"
#include "tests/support/qt_application.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

constexpr std::int64_t kEvery = 10;

std::shared_ptr<const ProbeFrame> frameOf(const std::string& probe, std::int64_t step) {
  testing::SyntheticFrameOptions options;
  options.imageSize = options.inputSize = {64, 64};
  options.objectCount = 2;
  options.step = step;
  StageEvidence evidence = *testing::makeSyntheticEvidence(options);
  auto image = std::make_shared<ProbeImage>(*evidence.image);
  image->name = probe;
  evidence.image = std::move(image);
  return ProbeFrame::of(std::move(evidence));
}

QString nameOf(const std::shared_ptr<const ProbeFrame>& frame) {
  return frame ? QString::fromStdString(frame->image->name) : QString();
}

class RecordedSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RunHeader header;
    header.methodName = "musu";
    auto config = makeRunConfig("max_iou", "retina-small");  // which decides by boxes alone
    ASSERT_TRUE(config) << config.error().text();
    ASSERT_TRUE(applySetting(*config, "method.neg_iou_thr", "0.05").ok());
    ASSERT_TRUE(applySetting(*config, "method.pos_iou_thr", "0.1").ok());
    header.configToml = toToml(*config);
    header.declaration.scalars = {{"loss", "Loss", "1", "d", "s", ColorScale::kSequential}};
    auto made = createRun(folder(), header, Overwrite::kNo);
    ASSERT_TRUE(made) << made.error().text();
    writer = *std::move(made);
    for (std::int64_t step = 0; step <= 5 * kEvery; ++step)
      record(step);
    writer->recordEvent({7, "note", "seven"});
    ASSERT_TRUE(writer->flush());
  }
  /// Evidence of "a" and "b" at every tenth step, of "c" from 30 on.
  void record(std::int64_t step) {
    StepRecord made{step, {{"loss", double(step) / 2}, {"eval.ap", 0.5}}, {}};
    if (step % kEvery == 0) {
      made.frames = {frameOf("a", step), frameOf("b", step)};
      if (step >= 3 * kEvery) made.frames.push_back(frameOf("c", step));
    }
    writer->record(std::move(made));
  }
  void change(const std::string& sql) const {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(tracePath(folder()).c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  std::string folder() const { return (home / "run").string(); }

  std::unique_ptr<RecordedSource> open(ReaderOptions options = {}) {
    auto source = std::make_unique<RecordedSource>(QString::fromStdString(folder()), std::move(options));
    QObject::connect(source.get(), &EvidenceSource::momentArrived,
                     [this](const Moment& moment) { moments.push_back(moment); });
    QObject::connect(source.get(), &EvidenceSource::momentMissing,
                     [this](int, std::int64_t step) { missing.push_back(step); });
    QObject::connect(source.get(), &EvidenceSource::scalarsArrived,
                     [this](const ScalarParts& parts, bool all) {
                       for (const auto& [name, part] : parts) {
                         order.push_back(name);
                         auto& own = scalars[name];
                         own.insert(own.end(), part.steps.begin(), part.steps.end());
                       }
                       complete = complete || all;
                     });
    QObject::connect(source.get(), &EvidenceSource::eventsArrived, [this](const std::vector<RunEvent>& more) {
      events.insert(events.end(), more.begin(), more.end());
    });
    QObject::connect(source.get(), &EvidenceSource::problemsFound,
                     [this](const std::vector<std::string>& more) {
                       problems.insert(problems.end(), more.begin(), more.end());
                     });
    QObject::connect(source.get(), &EvidenceSource::failed,
                     [this](const Error& error) { errors.push_back(error); });
    EXPECT_FALSE(source->isOpen()) << "the constructor does not wait";
    EXPECT_TRUE(QTest::qWaitFor([&] { return source->isOpen(); }));
    EXPECT_TRUE(scalars.empty() && events.empty());
    source->tellSeries();
    return source;
  }
  bool arrives(std::size_t count) {
    return QTest::qWaitFor([&] { return moments.size() >= count; });
  }
  const Moment& ask(RecordedSource& source, std::int64_t step, const QString& probe) {
    const std::size_t before = moments.size();
    source.request({step, QString(probe)});
    EXPECT_EQ(moments.size(), before) << "a request does not wait";
    EXPECT_TRUE(arrives(before + 1));
    static const Moment none;
    return moments.empty() ? none : moments.back();
  }

  testing::TemporaryFolder home;
  std::unique_ptr<RunWriter> writer;
  std::vector<Moment> moments;
  std::vector<std::int64_t> missing;
  std::map<std::string, std::vector<std::int64_t>> scalars;
  std::vector<std::string> order, problems;
  std::vector<RunEvent> events;
  std::vector<Error> errors;
  bool complete = false;
};

TEST_F(RecordedSourceTest, TellsWhatTheRunHolds) {
  const auto source = open();
  EXPECT_EQ(source->header().methodName, "musu");
  EXPECT_EQ(source->declaration().scalars.size(), 1u);
  EXPECT_EQ(source->lastStep(), 50);
  EXPECT_EQ(source->frames(), 15);
  EXPECT_EQ(*source->steps(), (std::vector<std::int64_t>{0, 10, 20, 30, 40, 50}));
  ASSERT_TRUE(QTest::qWaitFor([&] { return complete; }));
  EXPECT_EQ(scalars["loss"].size(), 51u);
  EXPECT_EQ(scalars["eval.ap"].size(), 51u);
  EXPECT_EQ(order.front(), "eval.ap") << "the evaluations come first";
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].text, "seven");
  EXPECT_TRUE(errors.empty());
  EXPECT_TRUE(problems.empty());
}

TEST_F(RecordedSourceTest, TellsScalarsInPartsThatAreNoLargerThanAskedFor) {
  ReaderOptions options;
  options.valuesAtOnce = 7;
  const auto source = open(options);
  ASSERT_TRUE(QTest::qWaitFor([&] { return complete; }));
  EXPECT_GT(order.size(), 14u);
  std::vector<std::int64_t> all(51);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<std::int64_t>(i);
  EXPECT_EQ(scalars["loss"], all);
}

TEST_F(RecordedSourceTest, AMomentHasTheWantedFrameWholeAndTellsOfTheOthers) {
  const auto source = open();
  const Moment& moment = ask(*source, 30, "b");
  EXPECT_EQ(moment.step, 30);
  ASSERT_TRUE(moment.frame);
  EXPECT_EQ(nameOf(moment.frame), "b");
  EXPECT_FALSE(moment.frame->stages.front()->predictedBoxesInInput.empty() &&
               moment.frame->stages.front()->channels.empty());
  ASSERT_EQ(moment.probes.size(), 3u);
  EXPECT_EQ(nameOf(moment.probes[0]), "a");
  EXPECT_EQ(moment.probes[1], moment.frame);
  EXPECT_EQ(nameOf(moment.probes[2]), "c");
  EXPECT_EQ(moment.probes[0]->image->objects.size(), 2u);
}

TEST_F(RecordedSourceTest, WhereTheWantedProbeIsNotTheFirstOneIsShown) {
  const auto source = open();
  EXPECT_EQ(nameOf(ask(*source, 0, "c").frame), "a");
  EXPECT_EQ(nameOf(ask(*source, 30, "c").frame), "c");
  EXPECT_EQ(nameOf(ask(*source, 40, "").frame), "a");
}

TEST_F(RecordedSourceTest, TheNewestOfManyRequestsIsAnswered) {
  const auto source = open();
  for (int round = 0; round < 50; ++round)
    for (const std::int64_t step : {0, 10, 20, 30, 40})
      source->request({step, "a"});
  source->request({50, "b"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !moments.empty() && moments.back().step == 50; }));
  EXPECT_LT(moments.size(), 251u) << "those that waited were dropped";
  EXPECT_EQ(nameOf(moments.back().frame), "b");
}

TEST_F(RecordedSourceTest, EveryViewHasItsOwnQuestion) {
  const auto source = open();
  for (int round = 0; round < 50; ++round)
    for (const int view : {1, 2, 3})
      source->request({10 * view, view == 2 ? "b" : "a", {}, view});
  const auto answered = [&](int view) {
    return std::any_of(moments.begin(), moments.end(), [&](const Moment& moment) {
      return moment.view == view && moment.step == 10 * view &&
             nameOf(moment.frame) == (view == 2 ? "b" : "a");
    });
  };
  ASSERT_TRUE(QTest::qWaitFor([&] { return answered(1) && answered(2) && answered(3); }))
      << "one view's question has taken another's place";
  ASSERT_TRUE(QTest::qWaitFor([&] { return source->isRested(); }));
  EXPECT_LT(moments.size(), 150u);
}

TEST_F(RecordedSourceTest, AVariantIsToldWhereThereIsOneAndNothingTakesItsPlace) {
  const auto atss = std::make_shared<const Variant>(Variant{"atss", {{"assigner", "atss"}}});
  for (const std::int64_t step : {60, 70}) {
    StepRecord made{step, {}, {frameOf("a", step)}};
    if (step == 60) {
      auto stages = made.frames.front()->stages;
      StageEvidence evidence = *stages.front();
      evidence.variant = atss;
      made.frames.push_back(ProbeFrame::of(std::move(evidence)));
    }
    writer->record(std::move(made));
  }
  ASSERT_TRUE(writer->flush());
  const auto source = open();
  const auto askFor = [&](std::int64_t step, const QString& variant) {
    const std::size_t before = moments.size();
    source->request({step, "a", variant});
    EXPECT_TRUE(arrives(before + 1));
    return moments.back();
  };
  const Moment own = askFor(60, {});
  ASSERT_TRUE(own.frame);
  EXPECT_FALSE(own.frame->variant);
  ASSERT_EQ(own.variants.size(), 1u);
  EXPECT_EQ(own.variants[0], *atss);
  const Moment other = askFor(60, "atss");
  ASSERT_TRUE(other.frame);
  EXPECT_EQ(*other.frame->variant, *atss);
  ASSERT_EQ(other.probes.size(), 1u);
  EXPECT_FALSE(other.probes[0]->variant) << "thumbnails tell of the run";
  const Moment none = askFor(70, "atss");
  EXPECT_FALSE(none.frame);
  EXPECT_TRUE(none.variants.empty());
  EXPECT_EQ(none.probes.size(), 1u);
  EXPECT_TRUE(errors.empty() && missing.empty());
  EXPECT_EQ(askFor(60, "atss").frame, other.frame) << "kept beside the run's own";
}

TEST_F(RecordedSourceTest, AQuestionIsAskedWithTheOptionsThatEachStepHad) {
  writer->recordChange({20, "method.pos_iou_thr", "0.1", "0.9"});
  ASSERT_TRUE(writer->flush());
  const auto source = open();
  std::optional<AskedAnswer> told;
  QObject::connect(source.get(), &EvidenceSource::asked, [&](const AskedAnswer& answer) { told = answer; });
  source->ask("low_quality=false");
  ASSERT_TRUE(QTest::qWaitFor([&] { return told.has_value(); }));
  EXPECT_FALSE(told->error) << told->error->text();
  EXPECT_TRUE(told->refused.empty());
  const auto winners = [&](std::int64_t step) {
    const std::size_t before = moments.size();
    source->request({step, "a", "low_quality = false"});
    EXPECT_TRUE(arrives(before + 1));
    const auto frame = moments.back().frame;
    return frame ? frame->stages.front()->channel("assigned_cls")->values : std::vector<float>();
  };
  // The same boxes at every step.
  const std::vector<float> begin = winners(0), at = winners(20), after = winners(30);
  const auto positives = [](const std::vector<float>& values) {
    return std::count_if(values.begin(), values.end(), [](float value) { return value >= 0; });
  };
  EXPECT_GT(positives(begin), 0);
  EXPECT_EQ(at, begin) << "recorded before it was changed";
  EXPECT_LT(positives(after), positives(begin));
  // A change that is made while the run is looked at counts, too.
  writer->recordChange({50, "method.pos_iou_thr", "0.9", "0.1"});
  record(60);
  ASSERT_TRUE(writer->flush());
  source->refresh();
  ASSERT_TRUE(QTest::qWaitFor([&] { return source->lastStep() == 60; }));
  EXPECT_EQ(winners(60), begin);
  EXPECT_EQ(winners(50), after);
}

TEST_F(RecordedSourceTest, WhatWasLookedAtIsNotReadAgain) {
  const auto source = open();
  const auto first = ask(*source, 20, "a").frame;
  ask(*source, 40, "a");
  EXPECT_EQ(ask(*source, 20, "a").frame, first);
}

TEST_F(RecordedSourceTest, NeighboursAreReadAheadWhileNobodyAsks) {
  writer.reset();
  const auto source = open();
  ask(*source, 20, "a");
  ASSERT_TRUE(QTest::qWaitFor([&] { return source->isRested(); }));
  change("UPDATE array SET bytes=x'00'");  // only what was read before can be shown
  for (const auto& [step, probe] : std::initializer_list<std::pair<std::int64_t, const char*>>{
           {10, "a"}, {30, "a"}, {20, "b"}, {40, "a"}}) {
    source->request({step, probe});
    ASSERT_TRUE(QTest::qWaitFor([&] { return moments.back().step == step; })) << step << probe;
    EXPECT_EQ(nameOf(moments.back().frame), probe);
  }
  source->request({50, "b"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !missing.empty(); })) << "it was too far away";
}

TEST_F(RecordedSourceTest, FollowsARunThatGrows) {
  const auto source = open();
  int changes = 0;
  QObject::connect(source.get(), &EvidenceSource::stepsChanged, [&] { ++changes; });
  record(60);
  ASSERT_TRUE(writer->flush());
  source->refresh();
  ASSERT_TRUE(QTest::qWaitFor([&] { return changes == 1; }));
  EXPECT_EQ(source->steps()->back(), 60);
  EXPECT_EQ(source->lastStep(), 60);
  EXPECT_EQ(source->header().methodName, "musu");
  EXPECT_EQ(nameOf(ask(*source, 60, "c").frame), "c");
  source->refresh();
  ask(*source, 50, "c");
  EXPECT_EQ(changes, 1) << "nothing has come since";
}

TEST_F(RecordedSourceTest, ADamagedFrameIsToldAndAnotherProbeIsShown) {
  writer.reset();
  change(
      "UPDATE array SET bytes=x'00' WHERE frame_id=(SELECT id FROM frame WHERE step=20 AND probe_id="
      "(SELECT id FROM probe WHERE name='b'))");
  change("UPDATE array SET bytes=x'00' WHERE frame_id IN (SELECT id FROM frame WHERE step=40)");
  const auto source = open();
  const Moment& moment = ask(*source, 20, "b");
  EXPECT_EQ(nameOf(moment.frame), "a");
  ASSERT_EQ(errors.size(), 2u) << "its evidence, and its thumbnail's";
  EXPECT_NE(errors[0].text().find("'b' at step 20"), std::string::npos) << errors[0].text();
  source->request({40, "a"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !missing.empty(); }));
  EXPECT_EQ(missing, std::vector<std::int64_t>{40});
  EXPECT_EQ(moments.size(), 1u);
}

TEST_F(RecordedSourceTest, DamagedRecordsAreTold) {
  writer.reset();
  change("UPDATE scalar SET value=-1 WHERE step=3");
  const auto source = open();
  ASSERT_TRUE(QTest::qWaitFor([&] { return complete && problems.size() == 2; }));
  EXPECT_EQ(problems[0], "1 value of 'eval.ap' is damaged and left out");
  EXPECT_EQ(scalars["loss"].size(), 50u);
}

TEST_F(RecordedSourceTest, AFolderWithoutARunIsTold) {
  RecordedSource source(QString::fromStdString((home / "nothing").string()));
  std::vector<Error> told;
  QObject::connect(&source, &RecordedSource::cannotOpen, [&](const Error& error) { told.push_back(error); });
  ASSERT_TRUE(QTest::qWaitFor([&] { return !told.empty(); }));
  EXPECT_EQ(told[0].code, ErrorCode::kNotFound);
  EXPECT_FALSE(source.isOpen());
  source.request({0, "a"});
  source.refresh();
}

TEST_F(RecordedSourceTest, NothingIsToldOnceItIsGone) {
  for (int round = 0; round < 20; ++round) {
    auto source = std::make_unique<RecordedSource>(QString::fromStdString(folder()));
    int told = 0;
    QObject::connect(source.get(), &EvidenceSource::opened, [&] { ++told; });
    QObject::connect(source.get(), &EvidenceSource::momentArrived, [&](const Moment&) { ++told; });
    source->request({20, "a"});
    if (round % 2 == 1) {
      ASSERT_TRUE(QTest::qWaitFor([&] { return told > 0; }));
    }
    source.reset();
    const int before = told;
    QCoreApplication::processEvents();
    EXPECT_EQ(told, before);
  }
}

TEST_F(RecordedSourceTest, AnObjectIsFollowedThroughWhatIsRecordedAndThroughWhatComes) {
  const auto source = open();
  std::vector<TrackNews> news;
  QObject::connect(source.get(), &EvidenceSource::trackArrived,
                   [&](const TrackNews& more) { news.push_back(more); });
  source->follow(TrackQuery{"a", "", {"", -1, 0}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !news.empty() && news.back().done == 6; }));
  EXPECT_EQ(news.back().moments, 6U);
  EXPECT_EQ(news.back().track.steps, (std::vector<std::int64_t>{0, 10, 20, 30, 40, 50}));
  for (std::int64_t step = 51; step <= 60; ++step)
    record(step);
  ASSERT_TRUE(writer->flush());
  source->refresh();
  ASSERT_TRUE(QTest::qWaitFor([&] { return news.back().done == 7; }));
  EXPECT_EQ(news.back().track.steps.back(), 60);
  source->follow(TrackQuery{"a", "", {"", -1, 99}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return news.back().error.has_value(); }));
  EXPECT_EQ(news.back().error->code, ErrorCode::kNotFound);
  source->follow(std::nullopt);
  ASSERT_TRUE(QTest::qWaitFor([&] { return source->isRested(); }));
}

}  // namespace
}  // namespace anchorscope
