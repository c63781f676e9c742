#pragma once
// Scalars that are looked at together, found among those there are by their names alone.

#include <QString>
#include <QStringList>
#include <string>
#include <vector>

namespace anchorscope {

struct CurveSet {
  QString title;
  QStringList names;
  bool operator==(const CurveSet&) const = default;
};

/// Those of which at least one scalar is there, with what of them is.
std::vector<CurveSet> curveSets(const std::vector<std::string>& names);

}  // namespace anchorscope
