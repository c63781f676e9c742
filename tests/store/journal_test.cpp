// What a run's trace keeps of its options' changes, of its own identity and of where it comes from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/store/run_copy.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::makeHeader;
using ::testing::MatchesRegex;

const ParameterChange kRate{3, "train.lr", "0.01", "naïve \"0.1\"", "step-00000003.ckpt"};
const ParameterChange kBeta{3, "method.beta", "2", "", {}, "undone"};
const ParameterChange kLate{9, "train.lr", "0.1", "0.01"};

class JournalOfATrace : public ::testing::Test {
 protected:
  JournalOfATrace() {
    auto writer = createRun(folder_, makeHeader(), Overwrite::kNo);
    if (!writer) throw std::runtime_error(writer.error().text());
    for (std::int64_t step = 0; step <= 10; ++step)
      (*writer)->record({step, {{"loss", 1}}, {}});
    for (const ParameterChange& change : {kRate, kBeta, kLate})
      (*writer)->recordChange(change);
  }
  static std::shared_ptr<RunReader> open(const std::string& folder) {
    auto reader = openRun(folder);
    if (!reader) throw std::runtime_error(reader.error().text());
    return *reader;
  }
  void continueFrom(std::int64_t step, const ContinueChanges& changes) {
    auto writer = continueRun(folder_, step, {}, changes);
    ASSERT_TRUE(writer) << writer.error().text();
    (*writer)->recordChange(kLate);
  }

  const testing::TemporaryFolder temporary_;
  const std::string folder_ = (temporary_ / "run").string();
};

TEST_F(JournalOfATrace, IsReadBackInItsOrder) {
  EXPECT_THAT(*open(folder_)->changes(), ElementsAre(kRate, kBeta, kLate));
}

TEST_F(JournalOfATrace, LosesWhatCameAfterTheStepThatTheRunGoesOnFrom) {
  continueFrom(3, {});
  EXPECT_THAT(*open(folder_)->changes(), ElementsAre(kRate, kBeta, kLate));
  continueFrom(2, {});
  EXPECT_THAT(*open(folder_)->changes(), ElementsAre(kLate));
}

TEST_F(JournalOfATrace, ARunKeepsItsIdAndItsFirstConfigurationWhenItGoesOn) {
  const std::string id = open(folder_)->header().id;
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{32}"));
  RunHeader other = makeHeader();
  other.configToml = "[run]\n";
  continueFrom(5, {other, {}, {}});
  EXPECT_EQ(open(folder_)->header().id, id);
  EXPECT_EQ(open(folder_)->header().parent, RunParent());
  EXPECT_EQ(open(folder_)->header().configToml, "[run]\n");
  EXPECT_EQ(open(folder_)->header().firstConfigToml, makeHeader().configToml);
}

TEST_F(JournalOfATrace, AForkIsARunOfItsOwnThatKnowsItsParent) {
  ASSERT_TRUE(writeFileAtomically(checkpointPath(folder_, 5), "weights", Overwrite::kNo));
  const std::string fork = (temporary_ / "fork").string();
  ASSERT_TRUE(copyRun(folder_, fork, 5, Overwrite::kNo));
  RunHeader header = makeHeader();
  header.startedAtUtc = "2031-01-01T00:00:00Z";
  ASSERT_TRUE(continueRun(fork, 5, {}, {header, {}, RunParent{folder_, {}, 5}}));
  const RunHeader got = open(fork)->header();
  EXPECT_EQ(got.parent, (RunParent{folder_, open(folder_)->header().id, 5}));
  EXPECT_NE(got.id, open(folder_)->header().id);
  EXPECT_THAT(got.id, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(got.startedAtUtc, header.startedAtUtc);
  EXPECT_EQ(got.firstConfigToml, makeHeader().configToml);
  EXPECT_THAT(*open(fork)->changes(), ElementsAre(kRate, kBeta));
}

}  // namespace
}  // namespace anchorscope
