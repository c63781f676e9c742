#include "app/settings.h"

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
  return openSettings().value(kRecentKey).toStringList();
}

void addRecentEntry(const QString& entry) {
  QStringList entries = recentEntries();
  entries.removeAll(entry);
  entries.prepend(entry);
  openSettings().setValue(kRecentKey, entries.mid(0, kMostRecent));
}

void removeRecentEntry(const QString& entry) {
  QStringList entries = recentEntries();
  entries.removeAll(entry);
  openSettings().setValue(kRecentKey, entries);
}

QString shortDataName(const QString& spec) {
  QString name = spec.mid(spec.indexOf(QLatin1Char(':')) + 1);
  name = name.left(name.indexOf(QLatin1Char(',')));  // voc:ANNOTATIONS,IMAGES and coco:JSON,IMAGES
  while (name.endsWith(QLatin1Char('/')))
    name.chop(1);
  return name.mid(name.lastIndexOf(QLatin1Char('/')) + 1);
}

}  // namespace anchorscope
