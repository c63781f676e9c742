#include "widgets/panels/layer_subject.h"

#include <QObject>
#include <algorithm>
#include <map>

#include "widgets/overlays/heat.h"

namespace anchorscope {

namespace {

enum Subject { kScores, kWeights, kDecision, kLosses, kDifferences, kMaps, kSubjects };

QString idOf(int subject) {
  constexpr const char* kIds[kSubjects] = {"scores", "weights", "decision", "losses", "differences", "maps"};
  return QStringLiteral("subject:") + QLatin1String(kIds[subject]);
}

QString titleOf(int subject) {
  switch (subject) {
    case kScores:
      return QObject::tr("Scores and overlap");
    case kWeights:
      return QObject::tr("Weights and ranks");
    case kDecision:
      return QObject::tr("Assignment");
    case kLosses:
      return QObject::tr("Losses and gradients");
    case kDifferences:
      return QObject::tr("Otherwise than the run");
    default:
      return QObject::tr("Feature maps");
  }
}

/// "w_cls" of "musu.w_cls".
std::string lastPart(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

bool isDecidedWith(const StageEvidence& evidence, const std::string& channel) {
  for (const DecisionSpec& decision : evidence.decisions)
    for (const OutcomeSpec& outcome : decision.outcomes)
      if (lastPart(channel) == outcome.weightColumn || lastPart(channel) == outcome.rankColumn) return true;
  return false;
}

bool namesWinners(const StageEvidence& evidence, const std::string& channel) {
  for (const DecisionSpec& decision : evidence.decisions)
    for (const OutcomeSpec& outcome : decision.outcomes)
      if (channel == outcome.winnerChannel) return true;
  return false;
}

Subject subjectOf(const ChannelSpec& spec, const StageEvidence& evidence) {
  const std::string& name = spec.name;
  if (spec.domain == ChannelDomain::kCell) return kMaps;
  if (name.starts_with("loss.") || name.starts_with("grad.")) return kLosses;
  if (name.starts_with("difference.")) return kDifferences;
  // Every method publishes overlaps, also those that decide with them.
  const bool common = name.find('.') == std::string::npos;
  if (!common && isDecidedWith(evidence, name)) return kWeights;
  if (namesWinners(evidence, name) || name == "state" || !common) return kDecision;
  return kScores;
}

}  // namespace

std::vector<LayerSubject> layerSubjects(const std::vector<Layer>& layers, const StageEvidence& evidence) {
  std::map<std::string, int> familySizes;
  for (const CellName& name : cellNames(evidence))
    ++familySizes[name.family];
  std::vector<LayerSubject> subjects(kSubjects);
  for (int subject = 0; subject < kSubjects; ++subject)
    subjects[static_cast<std::size_t>(subject)] = {idOf(subject), titleOf(subject), {}};
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const Channel* channel = layer->hasChannel() ? evidence.channel(layer->channel) : nullptr;
    if (!channel) continue;
    const auto name =
        channel->spec.domain == ChannelDomain::kCell ? cellNameOf(layer->channel) : std::nullopt;
    if (!name || familySizes[name->family] < kLargeFamily) {
      subjects[subjectOf(channel->spec, evidence)].layers.push_back(layer->id);
      continue;
    }
    const QString id = QStringLiteral("family:") + QString::fromStdString(name->family);
    auto family = std::ranges::find(subjects, id, &LayerSubject::id);
    if (family == subjects.end()) {
      const QString title =
          QObject::tr("%1 · %2 maps").arg(familyTitle(name->family)).arg(familySizes[name->family]);
      family = subjects.insert(subjects.end(), {id, title, {}});
    }
    family->layers.push_back(layer->id);
  }
  std::erase_if(subjects, [](const LayerSubject& subject) { return subject.layers.empty(); });
  for (LayerSubject& subject : subjects)
    if (subject.id.startsWith(QStringLiteral("subject:")))
      subject.title = QObject::tr("%1 · %2").arg(subject.title).arg(subject.layers.size());
  return subjects;
}

}  // namespace anchorscope
