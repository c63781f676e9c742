#pragma once
// What a run asks a person, as functions: the window asks with dialogs, a test answers itself.

#include <QString>
#include <cstdint>
#include <functional>
#include <optional>

namespace anchorscope {

/// Before something is lost or replaced.
struct Question {
  QString title, text;
  QString goAhead;          ///< The button that does it: "Discard".
  bool offersKeep = false;  ///< The recording can be kept instead, as a folder.
};
enum class Answer { kCancel, kGoAhead, kKeep };

struct RunQuestions {
  std::function<Answer(const Question&)> ask;
  /// A folder that does not exist yet; empty when it was given up.
  std::function<QString()> whereToKeep;
  /// Until which step a run goes on whose planned steps are all done, and which goes on from `from`.
  std::function<std::optional<std::int64_t>(std::int64_t planned, std::int64_t from)> untilStep;
};

}  // namespace anchorscope
