#include "widgets/bridge/live_parameters.h"

#include <algorithm>

#include "core/trainer/run_config.h"
#include "widgets/bridge/session_bridge.h"

namespace anchorscope {
namespace {

std::string valueOf(const RunConfig& config, const std::string& key) {
  const std::size_t dot = key.find('.');
  return toText(paramsOf(config, key.substr(0, dot)).get(key.substr(dot + 1)));
}

}  // namespace

LiveParameters::LiveParameters(SessionBridge& bridge, QObject* parent) : QObject(parent), bridge_(bridge) {
  connect(&bridge_, &SessionBridge::factsAvailable, this, &LiveParameters::restart);
  connect(&bridge_, &SessionBridge::sessionEnded, this, &LiveParameters::restart);
  connect(&bridge_, &SessionBridge::commandAcknowledged, this, &LiveParameters::acknowledge);
}

void LiveParameters::restart() {
  unsent_.clear();
  causes_.clear();
  sent_.clear();
  wanted_ = {};
  if (const auto& facts = bridge_.facts()) {
    wanted_.merge(facts->config.train, "train");
    wanted_.merge(facts->config.methodParams, "method");
  }
  emit wantedReplaced();
}

std::string LiveParameters::running(const std::string& key) const {
  return valueOf(bridge_.facts()->config, key);
}

bool LiveParameters::canChange(const QString& key) const {
  const ParamSpec* spec = wanted_.find(key.toStdString());
  return spec && spec->effect == ParamEffect::kNextStep;
}

RunConfig LiveParameters::wantedConfig() const {
  RunConfig config = bridge_.facts()->config;
  for (const ParamSpec& spec : wanted_.specs())
    if (!applySetting(config, spec.name, toText(wanted_.get(spec.name)))) continue;  // another method's
  return config;
}

void LiveParameters::tellConflicts(std::vector<OptionConflict> conflicts) {
  // A contradiction of something that cannot change now is told at the option that was changed last.
  for (OptionConflict& conflict : conflicts)
    if (!canChange(QString::fromStdString(conflict.option)) && !unsent_.empty())
      conflict.option = unsent_.back().first;
  emit conflictsChanged(conflicts);
}

bool LiveParameters::takesChanges() const {
  return bridge_.facts() && enabledActions(bridge_.state()).setParam;
}

void LiveParameters::set(const QString& key, const QString& value, const std::string& cause) {
  if (!canChange(key) || !wanted_.set(key.toStdString(), value.toStdString())) return;
  emit wantedReplaced();
  edit(key, value, cause);
}

void LiveParameters::edit(const QString& key, const QString& value, const std::string& cause) {
  if (!bridge_.facts()) return;
  const std::string name = key.toStdString();
  if (!wanted_.set(name, value.toStdString())) return;  // the form has told why
  std::erase_if(unsent_, [&](const auto& waiting) { return waiting.first == name; });
  unsent_.emplace_back(name, value.toStdString());
  causes_[name] = cause;
  const std::vector<OptionConflict> conflicts = conflictsOf(wantedConfig());
  tellConflicts(conflicts);
  if (conflicts.empty()) sendAll();
}

void LiveParameters::sendAll() {
  RunConfig reached = wantedConfig();
  for (const auto& [key, ignored] : unsent_)
    if (!applySetting(reached, key, running(key))) return;  // what runs is valid
  while (!unsent_.empty()) {
    auto next = unsent_.begin();
    for (auto candidate = unsent_.begin(); candidate != unsent_.end(); ++candidate) {
      RunConfig tried = reached;
      if (applySetting(tried, candidate->first, candidate->second) && conflictsOf(tried).empty()) {
        next = candidate;
        break;
      }
    }
    const auto [key, asked] = *next;
    if (!applySetting(reached, key, asked)) break;  // the form's own key and value
    unsent_.erase(next);
    const std::string value = valueOf(reached, key);
    const std::string cause = causes_[key];
    const auto onItsWay = sent_.find(key);
    const std::string before = running(key);
    if (value == (onItsWay != sent_.end() ? onItsWay->second.value : before)) continue;  // taken back
    sent_[key] = {bridge_.post(SetParamCommand{key, asked, cause}), value, before, cause};
    emit sent(QString::fromStdString(key), QString::fromStdString(value));
  }
}

void LiveParameters::acknowledge(const AcknowledgedEvent& event) {
  const auto found = std::ranges::find(sent_, event.id, [](const auto& entry) { return entry.second.id; });
  if (found == sent_.end()) return;  // another command's, or replaced by a newer value
  const QString key = QString::fromStdString(found->first),
                value = QString::fromStdString(found->second.value),
                before = QString::fromStdString(found->second.before);
  const std::string name = found->first, cause = found->second.cause;
  sent_.erase(found);
  if (!event.error) {
    emit holds(key, value, event.appliedAtStep + 1);
    if (cause.empty()) emit changed(key, before, value);
    return;
  }
  std::erase_if(unsent_, [&](const auto& waiting) { return waiting.first == name; });
  if (!wanted_.set(name, running(name))) return;  // another run's
  emit wantedReplaced();
  emit refused(key, value, *event.error);
  if (unsent_.empty()) return;
  const std::vector<OptionConflict> conflicts = conflictsOf(wantedConfig());
  tellConflicts(conflicts);
  if (conflicts.empty()) sendAll();
}

}  // namespace anchorscope
