#pragma once
// How a stage's candidates are called throughout the window.

#include <QString>
#include <cstddef>

#include "core/evidence/frame.h"
#include "widgets/models/number_text.h"
#include "widgets/overlays/declared_text.h"

namespace anchorscope {

/// StageEvidence::address with the number grouped: "anchor 12,345 · P3 (13, 6)", "proposal 17 from anchor
/// 266".
inline QString candidateTitle(const StageEvidence& evidence, std::size_t candidate) {
  QString title =
      declaredText(evidence.stage.candidate) + QLatin1Char(' ') + countText(static_cast<qint64>(candidate));
  if (const std::string where = evidence.label(candidate); !where.empty())
    title += (evidence.candidates->onGrid() ? QStringLiteral(" · ") : QStringLiteral(" ")) +
             QString::fromStdString(where);
  return title;
}

}  // namespace anchorscope
