#include "core/evidence/specs.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

template <typename Spec>
const Spec* findByName(const std::vector<Spec>& specs, std::string_view name) {
  const auto found =
      std::find_if(specs.begin(), specs.end(), [&](const Spec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

template <typename Spec>
void mergeByName(std::vector<Spec>& into, const std::vector<Spec>& from) {
  for (const Spec& spec : from) {
    const Spec* known = findByName(into, spec.name);
    ANCHORSCOPE_CHECK(!known || *known == spec, "'", spec.name,
                      "' is declared twice with different contents");
    if (!known) into.push_back(spec);
  }
}

}  // namespace

const ChannelSpec* EvidenceDeclaration::channel(std::string_view name) const {
  return findByName(channels, name);
}
const PairTableSpec* EvidenceDeclaration::pairTable(std::string_view name) const {
  return findByName(pairTables, name);
}
const ScalarSpec* EvidenceDeclaration::scalar(std::string_view name) const {
  return findByName(scalars, name);
}

void EvidenceDeclaration::merge(const EvidenceDeclaration& other) {
  mergeByName(channels, other.channels);
  mergeByName(pairTables, other.pairTables);
  mergeByName(objectColumns, other.objectColumns);
  mergeByName(scalars, other.scalars);
  for (const DecisionSpec& decision : other.decisions)
    if (std::find(decisions.begin(), decisions.end(), decision) == decisions.end())
      decisions.push_back(decision);
}

RunDeclaration::RunDeclaration(EvidenceDeclaration ofFirst, StageSpec first)
    : EvidenceDeclaration(std::move(ofFirst)), stage(std::move(first)) {}

void RunDeclaration::addStage(StageSpec spec, EvidenceDeclaration evidence) {
  mergeByName(scalars, evidence.scalars);
  evidence.scalars.clear();
  laterStages.push_back({std::move(spec), std::move(evidence)});
}

std::vector<StageDeclaration> RunDeclaration::stages() const {
  std::vector<StageDeclaration> all = {{stage, *this}};
  all.front().evidence.scalars.clear();
  all.insert(all.end(), laterStages.begin(), laterStages.end());
  return all;
}

}  // namespace anchorscope
