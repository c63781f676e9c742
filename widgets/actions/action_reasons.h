#pragma once
// Why an action cannot be done: the facts that it lacks, found by asking what it would be with them.

#include <QString>
#include <functional>

#include "widgets/actions/action_registry.h"

namespace anchorscope {

/// Of what the window is at, what has to be otherwise for the condition to hold, for people; empty when it
/// holds.
QString whatIsMissing(const std::function<bool(const ActionContext&)>& condition, const ActionContext& at);

}  // namespace anchorscope
