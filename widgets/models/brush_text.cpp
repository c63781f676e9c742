#include "widgets/models/brush_text.h"

#include <QCoreApplication>
#include <QStringList>

#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/overlays/layer.h"

namespace anchorscope {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("Brush", text);
}

QString titleOf(const StageEvidence& evidence, const std::string& channel) {
  const Channel* its = evidence.channel(channel);
  return its ? declaredTitle(its->spec) : QString::fromStdString(channel);
}

}  // namespace

QString roleText(CandidateRole role) {
  switch (role) {
    case CandidateRole::kPositive:
      return tr("positive");
    case CandidateRole::kBackground:
      return tr("background");
    case CandidateRole::kIgnored:
      return tr("ignored");
  }
  return {};
}

QString brushCountText(const StageEvidence& evidence, const CandidateSubset& subset) {
  return tr("%1 of %2 %3s")
      .arg(countText(subset.count), countText(static_cast<qint64>(subset.inside.size())),
           declaredText(evidence.stage.candidate));
}

QString brushText(const StageEvidence& evidence, const CandidateCondition& condition,
                  const CandidateSubset& subset) {
  QStringList parts{brushCountText(evidence, subset)};
  for (const ChannelRange& range : condition.ranges)
    parts << tr("%1 %2 to %3")
                 .arg(titleOf(evidence, range.channel), shortText(static_cast<double>(range.low)),
                      shortText(static_cast<double>(range.high)));
  if (condition.area)
    parts << tr("%1 and %2 in an outline")
                 .arg(titleOf(evidence, condition.area->x), titleOf(evidence, condition.area->y));
  if (condition.role) parts << roleText(*condition.role);
  if (condition.level) parts << QString::fromStdString(levelName(*evidence.candidates, *condition.level));
  if (condition.ofClass) {
    const auto index = static_cast<std::size_t>(*condition.ofClass);
    const bool named = evidence.classNames && *condition.ofClass >= 0 && index < evidence.classNames->size();
    parts << (named ? QString::fromStdString((*evidence.classNames)[index])
                    : tr("class %1").arg(*condition.ofClass));
  }
  if (condition.object) parts << tr("object %1").arg(*condition.object);
  if (!condition.candidates.empty()) parts << tr("named one by one");
  return parts.join(QStringLiteral(" · "));
}

}  // namespace anchorscope
