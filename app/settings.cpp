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

QString shortDataName(const QString& spec) {
  QString name = spec.mid(spec.indexOf(QLatin1Char(':')) + 1);
  name = name.left(name.indexOf(QLatin1Char(',')));  // voc:ANNOTATIONS,IMAGES and coco:JSON,IMAGES
  while (name.endsWith(QLatin1Char('/')))
    name.chop(1);
  return name.mid(name.lastIndexOf(QLatin1Char('/')) + 1);
}

}  // namespace anchorscope
