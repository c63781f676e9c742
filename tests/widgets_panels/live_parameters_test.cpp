// Options that change while a run trains: what is sent when, from which step it holds, what was refused.
#include <gtest/gtest.h>

#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>

#include "core/trainer/run_config.h"
#include "tests/support/fake_session.h"
#include "tests/support/qt_application.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/bridge/session_bridge.h"
#include "widgets/panels/conflict_label.h"
#include "widgets/panels/param_form.h"
#include "widgets/panels/parameters_panel.h"

namespace anchorscope {
namespace {

using testing::FakeTrainer;

class LiveParametersTest : public ::testing::Test {
 protected:
  void start(const char* method, const char* model) {
    auto config = makeRunConfig(method, model);
    ASSERT_TRUE(config);
    if (std::string(method) == "harmonic") {
      ASSERT_TRUE(applySetting(*config, "method.assigner", "fcos"));
    }
    bridge.start(*config, {});
    tell(*config);
  }
  void tell(const RunConfig& config) {
    trainer.config = config;
    trainer.publishFacts({"a.jpg"});
    trainer.setState(TrainerState::kRunning);
    ASSERT_TRUE(QTest::qWaitFor([&] { return !parameters.wanted().specs().empty(); }));
  }
  std::string wanted(const char* key) const { return toText(parameters.wanted().get(key)); }
  std::vector<std::string> taken(std::int64_t step = 0, const std::optional<Error>& refusal = {}) {
    std::vector<std::string> settings;
    for (const Command& command : trainer.takeCommands(step, refusal))
      if (const auto* parameter = std::get_if<SetParamCommand>(&command))
        settings.push_back(parameter->key + "=" + parameter->value);
    return settings;
  }

  FakeTrainer trainer;
  SessionBridge bridge{nullptr, trainer.factory()};
  LiveParameters parameters{bridge};
};

TEST_F(LiveParametersTest, AChangeIsToldWithTheStepFromWhichItHolds) {
  QSignalSpy sent(&parameters, &LiveParameters::sent), holds(&parameters, &LiveParameters::holds);
  start("musu", "retina-small");
  parameters.change("method.beta", "0.5");
  EXPECT_EQ(sent.count(), 1);
  EXPECT_TRUE(parameters.isOnItsWay("method.beta"));
  EXPECT_EQ(taken(/*step=*/411), std::vector<std::string>{"method.beta=0.5"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return holds.count() == 1; }));
  EXPECT_EQ(holds[0], (QVariantList{"method.beta", "0.5", qint64{412}}));
  EXPECT_FALSE(parameters.isOnItsWay("method.beta"));
}

TEST_F(LiveParametersTest, OfSeveralValuesOnTheirWayTheNewestIsToldOnce) {
  QSignalSpy holds(&parameters, &LiveParameters::holds);
  start("musu", "retina-small");
  parameters.change("method.beta", "0.5");
  parameters.change("method.beta", "0.6");
  parameters.change("method.beta", "0.6");
  EXPECT_EQ(taken(7), std::vector<std::string>{"method.beta=0.6"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return holds.count() == 1; }));
  QCoreApplication::processEvents();
  ASSERT_EQ(holds.count(), 1);
  EXPECT_EQ(holds[0], (QVariantList{"method.beta", "0.6", qint64{8}}));
}

TEST_F(LiveParametersTest, WhatWasRefusedIsTakenBackAndNamesItsOption) {
  QSignalSpy refused(&parameters, &LiveParameters::refused),
      replaced(&parameters, &LiveParameters::wantedReplaced);
  start("musu", "retina-small");
  const std::string before = wanted("method.beta");
  parameters.change("method.beta", "0.5");
  parameters.change("train.lr", "0.25");
  EXPECT_EQ(replaced.count(), 1);
  ASSERT_EQ(taken(3, makeError(ErrorCode::kUsage, "Not now")).size(), 2u);
  ASSERT_TRUE(QTest::qWaitFor([&] { return refused.count() == 2; }));
  EXPECT_EQ(refused[0][0], "method.beta");
  EXPECT_EQ(refused[0][1], "0.5");
  EXPECT_EQ(refused[1][0], "train.lr");
  EXPECT_EQ(wanted("method.beta"), before);
  EXPECT_EQ(replaced.count(), 3) << "shown again as it runs";
  // The same once more is a change again.
  parameters.change("method.beta", "0.5");
  EXPECT_EQ(taken(), std::vector<std::string>{"method.beta=0.5"});
}

TEST_F(LiveParametersTest, WhatContradictsWaitsAndGoesInAnOrderThatFits) {
  std::vector<OptionConflict> conflicts;
  QObject::connect(&parameters, &LiveParameters::conflictsChanged,
                   [&](const std::vector<OptionConflict>& told) { conflicts = told; });
  start("harmonic", "fcos-small");
  parameters.change("method.assigner", "atss");  // of anchors, and these heads have points
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].option, "method.assigner");
  parameters.change("method.harmonic_gamma", "0.5");
  EXPECT_EQ(parameters.unsent().size(), 2u);
  EXPECT_TRUE(taken().empty());
  parameters.change("method.assigner", "fcos");
  EXPECT_TRUE(conflicts.empty());
  EXPECT_TRUE(parameters.unsent().empty());
  EXPECT_EQ(taken(), std::vector<std::string>{"method.harmonic_gamma=0.5"})
      << "what was taken back is not sent";
}

TEST_F(LiveParametersTest, NothingOfARunIsLeftForTheNext) {
  QSignalSpy holds(&parameters, &LiveParameters::holds);
  start("harmonic", "fcos-small");
  parameters.change("method.assigner", "atss");
  parameters.change("train.lr", "0.25");
  bridge.retire();
  EXPECT_TRUE(parameters.wanted().specs().empty());
  EXPECT_TRUE(parameters.unsent().empty());
  parameters.change("train.lr", "0.5");  // of no run
  start("musu", "retina-small");
  EXPECT_TRUE(taken().empty());
  bridge.post(PauseCommand{});  // the same id as the other run's command had
  EXPECT_TRUE(taken().empty());
  QCoreApplication::processEvents();
  EXPECT_EQ(holds.count(), 0);
}

TEST_F(LiveParametersTest, ThePanelTellsBesideTheOption) {
  ParametersPanel panel(parameters);
  panel.show();
  start("musu", "retina-small");
  const auto* news = panel.findChild<QLabel*>("parameterNews");
  const auto type = [&](const char* text) {
    auto* beta = panel.findChild<QLineEdit*>("method.beta");
    beta->selectAll();
    QTest::keyClicks(beta, text);
    QTest::keyClick(beta, Qt::Key_Return);
  };
  type("0.5");
  EXPECT_TRUE(news->isVisible());
  EXPECT_EQ(news->text(), "method.beta = 0.5 takes effect at the next step.");
  taken(1233);
  ASSERT_TRUE(QTest::qWaitFor([&] { return news->text() == "method.beta = 0.5 holds from step 1,234."; }))
      << news->text().toStdString();
  type("0.7");
  taken(1300, makeError(ErrorCode::kCancelled, "The run has ended"));
  const auto told = [&] { return panel.findChild<ConflictLabel*>("message:method.beta"); };
  ASSERT_TRUE(QTest::qWaitFor([&] { return told()->isVisible(); }));
  EXPECT_EQ(told()->text(), "0.7 was not taken: The run has ended");
  EXPECT_FALSE(news->isVisible());
}

}  // namespace
}  // namespace anchorscope
