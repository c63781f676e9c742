#include "app/settings.h"

#include <QFileInfo>

namespace anchorscope {
namespace {
constexpr int kMostRecent = 8;
const QString kRecentKey = QStringLiteral("recent");
}  // namespace

QSettings openSettings() {
  return QSettings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("anchorscope"),
                   QStringLiteral("anchorscope"));
}

QStringList recentEntries() {
  QStringList kept;
  for (const QString& entry : openSettings().value(kRecentKey).toStringList())
    if (entry.contains(QLatin1Char(':')) || QFileInfo(entry).isDir()) kept << entry;
  return kept;
}

void addRecentEntry(const QString& entry) {
  QSettings settings = openSettings();
  QStringList entries = settings.value(kRecentKey).toStringList();
  entries.removeAll(entry);
  entries.prepend(entry);
  while (entries.size() > kMostRecent)
    entries.removeLast();
  settings.setValue(kRecentKey, entries);
}

}  // namespace anchorscope
