#pragma once
// What the program remembers between starts: window layout, theme, recent data sets and runs.

#include <QSettings>
#include <QStringList>

namespace anchorscope {

/// The program's settings file, in the user's configuration folder.
QSettings openSettings();

/// Data specs and folders of recorded runs (absolute paths), newest first, at most 8. What has gone meanwhile
/// stays until it is asked for.
QStringList recentEntries();
void addRecentEntry(const QString& entry);
void removeRecentEntry(const QString& entry);

/// What a data spec is called in a title: "voc:/data/bccd#train" is "bccd#train".
QString shortDataName(const QString& spec);

}  // namespace anchorscope
