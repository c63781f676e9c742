#include "widgets/actions/action_reasons.h"

#include <QCoreApplication>
#include <QStringList>
#include <iterator>
#include <vector>

namespace anchorscope {

namespace {

struct Fact {
  void (*grant)(ActionContext&);
  const char* missing;
};

/// What implies others comes after them.
constexpr Fact kFacts[] = {
    {[](ActionContext& at) { at.workspace = true; }, QT_TRANSLATE_NOOP("ActionReasons", "no run is shown")},
    {[](ActionContext& at) { at.picture = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "the active canvas shows no image")},
    {[](ActionContext& at) { at.anyPicture = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "no canvas shows an image")},
    {[](ActionContext& at) { at.live = true; }, QT_TRANSLATE_NOOP("ActionReasons", "no run trains")},
    {[](ActionContext& at) { at.takesParameters = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "no run trains or pauses")},
    {[](ActionContext& at) { at.takesCheckpoint = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "no run trains or pauses")},
    {[](ActionContext& at) { at.hasValidation = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "the run has no validation images")},
    {[](ActionContext& at) { at.evaluating = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "no evaluation goes on")},
    {[](ActionContext& at) { at.canGoBack = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "no run with a folder is shown, or it is about to stop")},
    {[](ActionContext& at) { at.besideRun = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "the active canvas shows no run beside the first")},
    {[](ActionContext& at) { at.canKeep = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "there is no temporary recording that nothing is written into")},
    {[](ActionContext& at) { at.recordedSteps = true; },
     QT_TRANSLATE_NOOP("ActionReasons", "no step is recorded")},
    {[](ActionContext& at) { at.canvases = 2; },
     QT_TRANSLATE_NOOP("ActionReasons", "there is but one canvas")},
    {[](ActionContext& at) { at.pins = true; }, QT_TRANSLATE_NOOP("ActionReasons", "nothing is pinned")},
};

}  // namespace

QString whatIsMissing(const std::function<bool(const ActionContext&)>& condition, const ActionContext& at) {
  if (!condition || condition(at)) return {};
  const auto with = [&](const std::vector<bool>& granted) {
    ActionContext other = at;
    for (std::size_t i = 0; i < std::size(kFacts); ++i)
      if (granted[i]) kFacts[i].grant(other);
    return condition(other);
  };
  std::vector<bool> granted(std::size(kFacts), true);
  if (!with(granted)) return QCoreApplication::translate("ActionReasons", "the run is in another state");
  // What makes no difference is not why.
  for (std::size_t i = granted.size(); i-- > 0;) {
    granted[i] = false;
    if (!with(granted)) granted[i] = true;
  }
  QStringList missing;
  for (std::size_t i = 0; i < granted.size(); ++i)
    if (const QString text = QCoreApplication::translate("ActionReasons", kFacts[i].missing);
        granted[i] && !missing.contains(text))
      missing << text;
  return missing.join(QCoreApplication::translate("ActionReasons", ", and "));
}

}  // namespace anchorscope
