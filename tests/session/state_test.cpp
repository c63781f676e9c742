#include "core/session/state.h"

#include <gtest/gtest.h>

#include <string>

namespace anchorscope {
namespace {

/// The enabled actions as letters in a fixed order; a dot where one is not.
std::string letters(TrainerState state) {
  const EnabledActions actions = enabledActions(state);
  std::string out;
  const auto add = [&](bool enabled, char letter) { out += enabled ? letter : '.'; };
  add(actions.start, 'S');
  add(actions.resume, 'r');
  add(actions.pause, 'p');
  add(actions.step, 'n');
  add(actions.stop, 'x');
  add(actions.setParam, 'v');
  add(actions.setProbe, 'i');
  add(actions.checkpoint, 'c');
  return out;
}

TEST(EnabledActions, OfEveryState) {
  EXPECT_EQ(letters(TrainerState::kIdle), "S.......");
  EXPECT_EQ(letters(TrainerState::kPreparing), "....x...");
  EXPECT_EQ(letters(TrainerState::kRunning), "..p.xvic");
  EXPECT_EQ(letters(TrainerState::kPaused), ".r.nxvic");
  EXPECT_EQ(letters(TrainerState::kStopping), "........");
  EXPECT_EQ(letters(TrainerState::kStopped), "S.......");
  EXPECT_EQ(letters(TrainerState::kFailed), "S.......");
}

TEST(TrainerState, HasANameForPeople) {
  EXPECT_STREQ(toString(TrainerState::kIdle), "idle");
  EXPECT_STREQ(toString(TrainerState::kPreparing), "preparing");
  EXPECT_STREQ(toString(TrainerState::kRunning), "running");
  EXPECT_STREQ(toString(TrainerState::kPaused), "paused");
  EXPECT_STREQ(toString(TrainerState::kStopping), "stopping");
  EXPECT_STREQ(toString(TrainerState::kStopped), "stopped");
  EXPECT_STREQ(toString(TrainerState::kFailed), "failed");
}

}  // namespace
}  // namespace anchorscope
