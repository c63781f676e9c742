#pragma once
// What a run asks a person, as functions: the window asks with dialogs, a test answers itself.

#include <QString>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/session/run_tree.h"

namespace anchorscope {

/// Before something is lost or replaced.
struct Question {
  QString title, text;
  QString goAhead;          ///< The button that does it: "Discard".
  bool offersKeep = false;  ///< The recording can be kept instead, as a folder.
};
enum class Answer { kCancel, kGoAhead, kKeep };

/// Going on from an earlier checkpoint.
struct GoBack {
  std::int64_t step = 0;  ///< Of the checkpoint.
  bool fork = false;      ///< As a new run; else in the run's own folder, what it recorded later removed.
  QString folder = {};    ///< Of the fork; empty: a temporary one, which can be kept later.
  /// By full key, see SessionOptions::resumeSettings.
  std::vector<std::pair<std::string, std::string>> settings = {};
};

/// Which checkpoints there are to go back to, and what was meant when it was asked for.
struct GoBackOffer {
  CheckpointList list;
  std::int64_t step = -1;  ///< The nearest checkpoint up to it is meant; -1: the newest.
  bool fork = false;
  bool training = false;  ///< The run is being trained, and is stopped before.
  QString folder = {};    ///< Suggested for a fork.
};

struct RunQuestions {
  std::function<Answer(const Question&)> ask;
  /// A folder that does not exist yet; empty when it was given up.
  std::function<QString()> whereToKeep;
  /// Until which step a run goes on whose planned steps are all done, and which goes on from `from`.
  std::function<std::optional<std::int64_t>(std::int64_t planned, std::int64_t from)> untilStep;
  std::function<std::optional<GoBack>(const GoBackOffer& offer)> whereBack = {};
};

}  // namespace anchorscope
