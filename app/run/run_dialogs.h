#pragma once
// What a run asks, as dialogs over a window.

#include "app/run/run_questions.h"

class QWidget;

namespace anchorscope {

class Notifier;

/// `window` and `notifier` must outlive them.
RunQuestions askWithDialogs(QWidget* window, Notifier& notifier);

}  // namespace anchorscope
