#include "app/workspace/what_if.h"

#include <QStringList>
#include <algorithm>

#include "app/workspace/workspace.h"
#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/trainer/variants.h"
#include "widgets/bridge/live_parameters.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {

WhatIf::WhatIf(Workspace& workspace, LiveParameters& parameters, QObject* parent)
    : QObject(parent), workspace_(workspace), parameters_(parameters) {
  connect(&workspace_, &Workspace::sourceChanged, this, &WhatIf::restart);
  connect(&workspace_, &Workspace::runDescribed, this, &WhatIf::readRun);
  connect(&workspace_, &Workspace::asked, this, &WhatIf::onAnswer);
  connect(&workspace_, &Workspace::stepHeld, this, [this](std::int64_t, const std::optional<Error>& why) {
    loading_ = false;
    holdError_ = why ? QString::fromStdString(why->text()) : QString();
    emit questionsChanged();
  });
  connect(&workspace_, &Workspace::shownChanged, this, &WhatIf::shownChanged);
  restart();
}

void WhatIf::restart() {
  questions_.clear();
  error_.clear();
  holdError_.clear();
  heldStep_ = -1;
  loading_ = false;
  run_.reset();
  readRun();
  emit questionsChanged();
}

/// Its options change while it trains; questions begin with those that hold.
void WhatIf::readRun() {
  run_ = workspace_.source() ? workspace_.source()->config() : std::nullopt;
  if (run_)
    for (Question& question : questions_)
      question.name = QString::fromStdString(nameOf(question));
  emit questionsChanged();
}

std::vector<WhatIf::Choice> WhatIf::methods() const {
  std::vector<Choice> out;
  if (!run_) return out;
  const auto heads = modelTraits(run_->model, run_->modelParams);
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
  const auto found = std::find_if(questions_.begin(), questions_.end(), [&](const Question& question) {
    return question.name == variant || question.former == variant;
  });
  return variant.isEmpty() || found == questions_.end() ? -1 : static_cast<int>(found - questions_.begin());
}

std::string WhatIf::textOf(const Question& question) const {
  const bool own = question.method == run_->method;
  const auto defaults = methodParams(question.method);
  const ParamSet& base = own || !defaults ? run_->methodParams : *defaults;
  std::vector<std::string> words;
  for (const ParamSpec& spec : question.params.specs())
    if (question.params.get(spec.name) != base.get(spec.name))
      words.push_back(spec.name + "=" + toText(question.params.get(spec.name)));
  if (!own || words.empty()) words.insert(words.begin(), question.method);
  return join(words, " ");
}

std::string WhatIf::nameOf(const Question& question) const {
  const std::string text = textOf(question);
  const auto asked = askedVariants(*run_, text);
  return asked && !asked->empty() ? asked->front().variant->name : text;
}

void WhatIf::ask() {
  std::vector<std::string> texts;
  for (Question& question : questions_) {
    const QString before = question.name;
    question.name = QString::fromStdString(nameOf(question));
    if (before == question.name) continue;
    for (int i = 0; i < workspace_.canvasCount(); ++i)
      if (workspace_.canvas(i).variant() == before) question.former = before;
    workspace_.followVariant(before, question.name);
  }
  for (const Question& question : questions_)
    texts.push_back(textOf(question));
  workspace_.ask(QString::fromStdString(join(texts, "; ")));
}

std::int64_t WhatIf::holdable() const {
  const CanvasModel& canvas = workspace_.active();
  const bool newest = canvas.time().followsLive() && canvas.run().isEmpty();
  if (!workspace_.source() || !canvas.frame() || newest || loading_) return -1;
  const std::int64_t step = canvas.frame()->step;
  const std::vector<std::int64_t> there = workspace_.source()->checkpoints();
  return step != heldStep_ && std::find(there.begin(), there.end(), step) != there.end() ? step : -1;
}

void WhatIf::hold() {
  const std::int64_t step = holdable();
  if (step < 0) return;
  loading_ = true;
  holdError_.clear();
  workspace_.source()->holdStep(step);
  emit shownChanged();
}

void WhatIf::onAnswer(const AskedAnswer& answer) {
  heldStep_ = answer.heldStep;
  error_ = answer.error ? QString::fromStdString(answer.error->text()) : QString();
  for (Question& question : questions_) {
    question.refused.clear();
    for (const auto& [name, why] : answer.refused)
      if (question.name == QString::fromStdString(name))
        question.refused = QString::fromStdString(why.text());
  }
  emit questionsChanged();
}

void WhatIf::add(const std::string& method) {
  if (!run_ || questions_.size() >= kMost) return;
  auto params = methodParams(method);
  if (!params) return;
  Question question{method, method == run_->method ? run_->methodParams : *std::move(params), {}, {}, {}};
  question.name = QString::fromStdString(nameOf(question));
  const QString name = question.name;
  questions_.push_back(std::move(question));
  ask();
  emit questionsChanged();
  workspace_.showVariantWhenThere(workspace_.active(), name);
}

void WhatIf::remove(int index) {
  if (index < 0 || index >= static_cast<int>(questions_.size())) return;
  const QString name = questions_[static_cast<std::size_t>(index)].name;
  questions_.erase(questions_.begin() + index);
  for (int i = 0; i < workspace_.canvasCount(); ++i)
    if (workspace_.canvas(i).variant() == name) workspace_.canvas(i).setVariant({});
  ask();
  emit questionsChanged();
}

void WhatIf::change(int index, const std::string& option, const std::string& value) {
  if (!run_ || index < 0 || index >= static_cast<int>(questions_.size())) return;
  if (!questions_[static_cast<std::size_t>(index)].params.set(option, value)) return;
  ask();
  emit questionsChanged();
}

void WhatIf::show(int index) {
  workspace_.active().setVariant(index < 0 ? QString() : questions_.at(static_cast<std::size_t>(index)).name);
}

void WhatIf::showAll() {
  workspace_.setCanvasCount(questions_.size() > 1 ? 4 : 2);
  for (int i = 0; i < workspace_.canvasCount(); ++i) {
    const int question = i - 1;
    workspace_.canvas(i).setVariant(question >= 0 && question < static_cast<int>(questions_.size())
                                        ? questions_[static_cast<std::size_t>(question)].name
                                        : QString());
  }
}

void WhatIf::record(int index) {
  if (!run_) return;
  std::string variants = run_->train.getText("variants");
  if (!variants.empty()) variants += "; ";
  variants += textOf(questions_.at(static_cast<std::size_t>(index)));
  parameters_.set(QStringLiteral("train.variants"), QString::fromStdString(variants));
}

QString WhatIf::whyNotApplied(int index) const {
  if (!run_ || index < 0 || index >= static_cast<int>(questions_.size())) return {};
  const Question& question = questions_[static_cast<std::size_t>(index)];
  if (question.method != run_->method)
    return tr("A run keeps its method: start a new one with %1.")
        .arg(QString::fromStdString(question.method));
  bool differs = false;
  for (const ParamSpec& spec : question.params.specs()) {
    if (question.params.get(spec.name) == run_->methodParams.get(spec.name)) continue;
    differs = true;
    if (spec.effect != ParamEffect::kNextStep)
      return tr("%1 cannot change while training.").arg(QString::fromStdString(spec.name));
  }
  return differs ? QString() : tr("It asks for what the run does already.");
}

void WhatIf::apply(int index) {
  if (!whyNotApplied(index).isEmpty()) return;
  const Question question = questions_.at(static_cast<std::size_t>(index));
  for (const ParamSpec& spec : question.params.specs())
    if (question.params.get(spec.name) != run_->methodParams.get(spec.name))
      parameters_.set(QStringLiteral("method.") + QString::fromStdString(spec.name),
                      QString::fromStdString(toText(question.params.get(spec.name))));
}

}  // namespace anchorscope
