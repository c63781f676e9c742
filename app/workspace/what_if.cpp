#include "app/workspace/what_if.h"

#include <QStringList>
#include <algorithm>
#include <utility>

#include "app/workspace/workspace.h"
#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/trainer/variants.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {

WhatIf::WhatIf(Workspace& workspace, LiveParameters& parameters, QObject* parent)
    : QObject(parent), workspace_(workspace), parameters_(parameters) {
  connect(&workspace_, &Workspace::sourceChanged, this, &WhatIf::refreshRuns);
  connect(&workspace_, &Workspace::runsChanged, this, &WhatIf::refreshRuns);
  connect(&workspace_, &Workspace::runDescribed, this, &WhatIf::readRun);
  connect(&workspace_, &Workspace::asked, this, &WhatIf::onAnswer);
  connect(&workspace_, &Workspace::stepHeld, this,
          [this](const QString& run, std::int64_t, const std::optional<Error>& why) { onHeld(run, why); });
  connect(&workspace_, &Workspace::shownChanged, this, &WhatIf::shownChanged);
  refreshRuns();
}

const WhatIf::OfRun& WhatIf::now() const {
  static const OfRun none;
  const auto found = runs_.find(workspace_.active().run());
  return found == runs_.end() ? none : found->second;
}

WhatIf::OfRun* WhatIf::find(const QString& run) {
  const auto found = runs_.find(run);
  return found == runs_.end() ? nullptr : &found->second;
}

bool WhatIf::isOfFirst() const {
  return workspace_.active().run().isEmpty();
}

void WhatIf::refreshRuns() {
  std::map<QString, OfRun> before = std::exchange(runs_, {});
  for (const OpenRun& run : workspace_.runs()) {
    if (!run.source) continue;
    const auto known = before.find(run.id);
    if (known != before.end() && known->second.source == run.source)
      runs_.insert(std::move(*known));
    else
      runs_[run.id] = {run.source, run.source->config(), {}, {}, {}};
  }
  emit questionsChanged();
}

/// Its options change while it trains; questions begin with those that hold, and say what they ask for
/// otherwise than those.
void WhatIf::readRun(const QString& run) {
  OfRun* of = find(run);
  if (!of) return;
  of->config = of->source->config();
  if (of->config && !of->questions.empty()) ask(run);
  emit questionsChanged();
}

std::vector<WhatIf::Choice> WhatIf::methods() const {
  std::vector<Choice> out;
  if (!run() || run()->modelParams.specs().empty()) return out;  // its heads are not known
  const auto heads = modelTraits(run()->model, run()->modelParams);
  for (const MethodInfo& info : methodInfos()) {
    Choice choice{info.name, declaredTitle(info), {}};
    const auto params = methodParams(info.name);
    if (heads && params)
      for (const OptionConflict& conflict : methodConflicts(info.name, *params, *heads))
        if (choice.whyNot.isEmpty()) choice.whyNot = QString::fromStdString(conflict.message);
    out.push_back(std::move(choice));
  }
  return out;
}

int WhatIf::shown() const {
  const QString& variant = workspace_.active().variant();
  const auto found = std::find_if(questions().begin(), questions().end(), [&](const Question& question) {
    return question.name == variant || question.former == variant;
  });
  return variant.isEmpty() || found == questions().end() ? -1 : static_cast<int>(found - questions().begin());
}

std::string WhatIf::textOf(const RunConfig& run, const Question& question) {
  const bool own = question.method == run.method;
  const auto defaults = methodParams(question.method);
  const ParamSet& base = own || !defaults ? run.methodParams : *defaults;
  std::vector<std::string> words;
  for (const ParamSpec& spec : question.params.specs())
    if (question.params.get(spec.name) != base.get(spec.name))
      words.push_back(spec.name + "=" + toText(question.params.get(spec.name)));
  if (!own || words.empty()) words.insert(words.begin(), question.method);
  return join(words, " ");
}

std::string WhatIf::nameOf(const RunConfig& run, const Question& question) {
  const std::string text = textOf(run, question);
  const auto asked = askedVariants(run, text);
  return asked && !asked->empty() ? asked->front().variant->name : text;
}

void WhatIf::ask(const QString& run) {
  OfRun& of = runs_.at(run);
  if (!of.config) return;
  std::vector<std::string> texts;
  for (Question& question : of.questions) {
    const QString before = question.name;
    question.name = QString::fromStdString(nameOf(*of.config, question));
    if (before == question.name) continue;
    for (int i = 0; i < workspace_.canvasCount(); ++i)
      if (workspace_.canvas(i).run() == run && workspace_.canvas(i).variant() == before)
        question.former = before;
    workspace_.followVariant(run, before, question.name);
  }
  for (const Question& question : of.questions)
    texts.push_back(textOf(*of.config, question));
  workspace_.ask(run, QString::fromStdString(join(texts, "; ")));
}

std::int64_t WhatIf::holdable() const {
  const CanvasModel& canvas = workspace_.active();
  const bool newest = canvas.time().followsLive() && isOfFirst();
  if (!workspace_.source() || !canvas.frame() || newest || isLoading()) return -1;
  const std::int64_t step = canvas.frame()->step;
  const std::vector<std::int64_t> there = workspace_.source()->checkpoints();
  return step != heldStep() && std::find(there.begin(), there.end(), step) != there.end() ? step : -1;
}

void WhatIf::hold() {
  const std::int64_t step = holdable();
  OfRun* of = find(workspace_.active().run());
  if (step < 0 || !of) return;
  of->loading = true;
  of->holdError.clear();
  of->source->holdStep(step);
  emit shownChanged();
}

void WhatIf::onHeld(const QString& run, const std::optional<Error>& why) {
  OfRun* of = find(run);
  if (!of) return;
  of->loading = false;
  of->holdError = why ? QString::fromStdString(why->text()) : QString();
  emit questionsChanged();
}

void WhatIf::onAnswer(const QString& run, const AskedAnswer& answer) {
  OfRun* of = find(run);
  if (!of) return;
  of->heldStep = answer.heldStep;
  of->error = answer.error ? QString::fromStdString(answer.error->text()) : QString();
  for (Question& question : of->questions) {
    question.refused.clear();
    for (const auto& [name, why] : answer.refused)
      if (question.name == QString::fromStdString(name))
        question.refused = QString::fromStdString(why.text());
  }
  emit questionsChanged();
}

void WhatIf::add(const std::string& method) {
  OfRun* of = find(workspace_.active().run());
  if (!of || !of->config || of->questions.size() >= kMost) return;
  auto params = methodParams(method);
  if (!params) return;
  const RunConfig& run = *of->config;
  Question question{method, method == run.method ? run.methodParams : *std::move(params), {}, {}, {}};
  question.name = QString::fromStdString(nameOf(run, question));
  const QString name = question.name;
  of->questions.push_back(std::move(question));
  ask(workspace_.active().run());
  emit questionsChanged();
  workspace_.showVariantWhenThere(workspace_.active(), name);
}

void WhatIf::remove(int index) {
  const QString run = workspace_.active().run();
  OfRun* of = find(run);
  if (!of || index < 0 || index >= static_cast<int>(of->questions.size())) return;
  const QString name = of->questions[static_cast<std::size_t>(index)].name;
  of->questions.erase(of->questions.begin() + index);
  for (int i = 0; i < workspace_.canvasCount(); ++i)
    if (CanvasModel& canvas = workspace_.canvas(i); canvas.run() == run && canvas.variant() == name)
      canvas.setVariant({});
  ask(run);
  emit questionsChanged();
}

void WhatIf::change(int index, const std::string& option, const std::string& value) {
  const QString run = workspace_.active().run();
  OfRun* of = find(run);
  if (!of || !of->config || index < 0 || index >= static_cast<int>(of->questions.size())) return;
  if (!of->questions[static_cast<std::size_t>(index)].params.set(option, value)) return;
  ask(run);
  emit questionsChanged();
}

void WhatIf::show(int index) {
  workspace_.active().setVariant(index < 0 ? QString()
                                           : questions().at(static_cast<std::size_t>(index)).name);
}

void WhatIf::showAll() {
  const QString run = workspace_.active().run();
  workspace_.setCanvasCount(questions().size() > 1 ? 4 : 2);
  for (int i = 0; i < workspace_.canvasCount(); ++i) {
    const int question = i - 1;
    CanvasModel& canvas = workspace_.canvas(i);
    canvas.setRun(run);
    canvas.setVariant(question >= 0 && question < static_cast<int>(questions().size())
                          ? questions()[static_cast<std::size_t>(question)].name
                          : QString());
  }
}

void WhatIf::record(int index) {
  if (!run() || !isOfFirst()) return;
  // With what is on its way already.
  std::string variants = parameters_.wanted().find("train.variants")
                             ? parameters_.wanted().getText("train.variants")
                             : std::string();
  if (!variants.empty()) variants += "; ";
  variants += textOf(*run(), questions().at(static_cast<std::size_t>(index)));
  parameters_.set(QStringLiteral("train.variants"), QString::fromStdString(variants));
}

QString WhatIf::whyNotApplied(int index) const {
  if (!run() || index < 0 || index >= static_cast<int>(questions().size())) return {};
  if (!isOfFirst()) return tr("Only the run that trains can be changed.");
  const Question& question = questions()[static_cast<std::size_t>(index)];
  if (question.method != run()->method)
    return tr("A run keeps its method: start a new one with %1.")
        .arg(QString::fromStdString(question.method));
  bool differs = false;
  for (const ParamSpec& spec : question.params.specs()) {
    if (question.params.get(spec.name) == run()->methodParams.get(spec.name)) continue;
    differs = true;
    if (spec.effect != ParamEffect::kNextStep)
      return tr("%1 cannot change while training.").arg(QString::fromStdString(spec.name));
  }
  return differs ? QString() : tr("It asks for what the run does already.");
}

void WhatIf::apply(int index) {
  if (!whyNotApplied(index).isEmpty()) return;
  const Question question = questions().at(static_cast<std::size_t>(index));
  const ParamSet present = run()->methodParams;
  for (const ParamSpec& spec : question.params.specs())
    if (question.params.get(spec.name) != present.get(spec.name))
      parameters_.set(QStringLiteral("method.") + QString::fromStdString(spec.name),
                      QString::fromStdString(toText(question.params.get(spec.name))));
}

}  // namespace anchorscope
