#pragma once
// To which checkpoint a run goes back, in place or as a fork, and with which options.

#include <optional>

#include "app/run/run_questions.h"

class QWidget;

namespace anchorscope {

/// Over a window, which must outlive it; nothing when it was given up. GUI thread.
std::optional<GoBack> askWhereBack(QWidget* window, const GoBackOffer& offer);

}  // namespace anchorscope
