#include <string>
#include <utility>
#include <vector>

#include "app/run/run_controller.h"
#include "app/workspace/panel.h"
#include "app/workspace/what_if.h"
#include "app/workspace/workspace.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/bridge/session_bridge.h"
#include "widgets/models/number_text.h"
#include "widgets/panels/what_if_view.h"

namespace anchorscope {
namespace {

/// What is known of the run, its moment and its state as the view shows it.
class WhatIfPanel : public WhatIfView {
 public:
  explicit WhatIfPanel(const PanelContext& context)
      : workspace_(context.workspace),
        bridge_(context.run.bridge()),
        whatIf_(context.workspace, context.parameters, this) {
    connect(&whatIf_, &WhatIf::questionsChanged, this, [this] { refresh(); });
    connect(&whatIf_, &WhatIf::shownChanged, this, [this] { refresh(); });
    connect(&bridge_, &SessionBridge::stateChanged, this, [this] { refresh(); });
    connect(this, &WhatIfView::addWanted, this,
            [this](const QString& method) { whatIf_.add(method.toStdString()); });
    connect(this, &WhatIfView::removeWanted, &whatIf_, &WhatIf::remove);
    connect(this, &WhatIfView::showWanted, &whatIf_, &WhatIf::show);
    connect(this, &WhatIfView::optionEdited, this,
            [this](int question, const QString& option, const QString& value) {
              whatIf_.change(question, option.toStdString(), value.toStdString());
            });
    connect(this, &WhatIfView::sideBySideWanted, &whatIf_, &WhatIf::showAll);
    connect(this, &WhatIfView::weightsWanted, &whatIf_, &WhatIf::hold);
    connect(this, &WhatIfView::recordWanted, &whatIf_, &WhatIf::record);
    connect(this, &WhatIfView::applyWanted, &whatIf_, &WhatIf::apply);
    connect(this, &WhatIfView::objectWanted, this,
            [this](int object) { workspace_.active().selectObject(object); });
    refresh();
  }

 private:
  void refresh() {
    const int shown = whatIf_.shown();
    std::vector<WhatIfView::Question> questions;
    const auto& frame = workspace_.active().frame();
    const bool held = frame && frame->step == whatIf_.heldStep();
    for (const WhatIf::Question& question : whatIf_.questions())
      questions.push_back({question.name, QString::fromStdString(question.method),
                           held ? QString() : question.refused, question.params});
    setError(whatIf_.error());
    setQuestions(questions, shown);
    if (const std::string methods = methodsKey(); methods != std::exchange(methodsOf_, methods)) {
      if (whatIf_.run())
        offerMethods(questions.size() >= WhatIf::kMost);
      else
        setMethods({}, false);
    }
    setAbout(about());
    const std::int64_t holdable = whatIf_.holdable();
    setWeights(whatIf_.isLoading() ? tr("Loading the weights…")
               : holdable >= 0     ? tr("Load the weights of step %1").arg(countText(holdable))
                                   : QString(),
               holdable >= 0);
    const bool live = takesChanges();
    const QString none = tr("Only of a run that trains or pauses.");
    setDeeds({live ? QString() : none, live ? whatIf_.whyNotApplied(shown) : none});
    const auto& evidence = workspace_.active().evidence();
    setChanges(evidence && evidence->variant && shown >= 0 ? evidence : nullptr);
  }

  /// What decides which methods are offered; empty without a run.
  std::string methodsKey() const {
    if (!whatIf_.run()) return {};
    const RunConfig& run = *whatIf_.run();
    std::vector<std::string> words{run.method, std::to_string(whatIf_.questions().size()), run.model};
    for (const ParamSpec& option : run.modelParams.specs())
      words.push_back(option.name + "=" + toText(run.modelParams.get(option.name)));
    return join(words, " ");
  }

  /// The run that is asked is the one that trains.
  bool takesChanges() const {
    return workspace_.active().run().isEmpty() &&
           (bridge_.state() == TrainerState::kRunning || bridge_.state() == TrainerState::kPaused);
  }

  void offerMethods(bool full) {
    std::vector<WhatIfView::Choice> choices;
    for (const WhatIf::Choice& choice : whatIf_.methods()) {
      WhatIfView::Choice its{QString::fromStdString(choice.name), choice.title, choice.whyNot};
      const bool own = choice.name == whatIf_.run()->method;
      choices.insert(own ? choices.begin() : choices.end(), std::move(its));
    }
    setMethods(choices, full);
  }

  QString about() const {
    if (!whatIf_.run()) return tr("There is no run to ask about.");
    const CanvasModel& canvas = workspace_.active();
    const QString step = canvas.frame() ? countText(canvas.frame()->step) : QStringLiteral("–");
    if (takesChanges() && canvas.time().followsLive())
      return bridge_.state() == TrainerState::kPaused
                 ? tr("Of the outputs of step %1, which is held.").arg(step)
                 : tr("Of the outputs of every capture, the last at step %1.").arg(step);
    if (canvas.frame() && canvas.frame()->step == whatIf_.heldStep())
      return tr("Of the outputs of step %1, with the weights of its checkpoint.").arg(step);
    return tr("Of the boxes of step %1, which was recorded: methods that look at what the heads say need a "
              "step with a checkpoint, or a run that trains or pauses.")
        .arg(step);
  }

  Workspace& workspace_;
  SessionBridge& bridge_;
  WhatIf whatIf_;
  std::string methodsOf_;
};

QWidget* make(const PanelContext& context) {
  return new WhatIfPanel(context);
}

}  // namespace

PanelSpec whatIfPanel() {
  return {PanelSpec::Subject::kImage,
          "whatIf",
          QT_TRANSLATE_NOOP("Panels", "What if"),
          Qt::RightDockWidgetArea,
          "inspector",
          PanelSpec::How::kTabbed,
          make};
}

}  // namespace anchorscope
