// Options of the running session: what can change now, and what of a change does not go together with the
// rest.
#include "app/main_window.h"
#include "core/trainer/run_config.h"
#include "widgets/notify/notifier.h"
#include "widgets/panels/param_form.h"

namespace anchorscope {
namespace {

std::string valueOf(const RunConfig& config, const std::string& key) {
  const std::size_t dot = key.find('.');
  return toText(paramsOf(config, key.substr(0, dot)).get(key.substr(dot + 1)));
}

}  // namespace

void MainWindow::refreshParameterForm() {
  const auto& facts = bridge_->facts();
  unsentParameters_.clear();
  sentParameters_.clear();
  if (!facts) return;
  ParamSet all;
  all.merge(facts->config.train, "train");
  all.merge(facts->config.methodParams, "method");
  parameters_->setParams(all, {}, ParamScope::kLive);
}

RunConfig MainWindow::wantedConfig() const {
  RunConfig wanted = bridge_->facts()->config;
  const ParamSet& shown = parameters_->params();
  for (const ParamSpec& spec : shown.specs())
    if (!applySetting(wanted, spec.name, toText(shown.get(spec.name)))) continue;  // another method's
  return wanted;
}

void MainWindow::showParameterConflicts(std::vector<OptionConflict> conflicts) {
  // A contradiction of something that cannot change now is told at the option that was changed last.
  for (OptionConflict& conflict : conflicts)
    if (const ParamSpec* spec = parameters_->params().find(conflict.option);
        (!spec || spec->effect != ParamEffect::kNextStep) && !unsentParameters_.empty())
      conflict.option = unsentParameters_.back().first;
  parameters_->setConflicts(conflicts);
  if (!conflicts.empty()) parameters_->scrollTo(QString::fromStdString(conflicts.front().option));
}

void MainWindow::changeParameter(const QString& key, const QString& value) {
  if (!bridge_->facts()) return;
  const std::string name = key.toStdString();
  std::erase_if(unsentParameters_, [&](const auto& unsent) { return unsent.first == name; });
  unsentParameters_.emplace_back(name, value.toStdString());
  const std::vector<OptionConflict> conflicts = conflictsOf(wantedConfig());
  showParameterConflicts(conflicts);
  if (!conflicts.empty()) return;  // nothing of it is sent until it goes together
  // One at a time, in an order in which every step goes together where there is one.
  RunConfig reached = wantedConfig();
  const RunConfig& running = bridge_->facts()->config;
  for (const auto& [unsent, ignored] : unsentParameters_)
    if (!applySetting(reached, unsent, valueOf(running, unsent))) return;  // what runs is valid
  while (!unsentParameters_.empty()) {
    auto next = unsentParameters_.begin();
    for (auto candidate = unsentParameters_.begin(); candidate != unsentParameters_.end(); ++candidate) {
      RunConfig tried = reached;
      if (applySetting(tried, candidate->first, candidate->second) && conflictsOf(tried).empty()) {
        next = candidate;
        break;
      }
    }
    if (!applySetting(reached, next->first, next->second)) break;  // a form's own key and value
    const auto sent = sentParameters_.find(next->first);
    const std::string before = sent != sentParameters_.end() ? sent->second : valueOf(running, next->first);
    if (valueOf(reached, next->first) != before) {  // not merely taken back
      bridge_->post(SetParamCommand{next->first, next->second});
      sentParameters_[next->first] = valueOf(reached, next->first);
    }
    unsentParameters_.erase(next);
  }
}

void MainWindow::fixParameter(const QString& key, const QString& value) {
  const ParamSpec* spec = parameters_->params().find(key.toStdString());
  if (!spec || spec->effect != ParamEffect::kNextStep) {
    notifier_.tell({MessageKind::kNote,
                    tr("%1 cannot change while training: start a new run with it, or take "
                       "the change back.")
                        .arg(key),
                    {},
                    MessageScope::kRun});
    return;
  }
  ParamSet fixed = parameters_->params();
  if (!fixed.set(key.toStdString(), value.toStdString())) return;
  parameters_->setParams(fixed, {}, ParamScope::kLive);
  changeParameter(key, value);
}

}  // namespace anchorscope
