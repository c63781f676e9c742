#pragma once
// What the program remembers between starts: window layout, theme, recent data sets and runs.

#include <QSettings>
#include <QStringList>

namespace anchorscope {

/// The program's settings file, in the user's configuration folder.
QSettings openSettings();

/// Data specs and run folders, newest first, at most 8. Run folders that are gone are left out.
QStringList recentEntries();
void addRecentEntry(const QString& entry);

/// What a data spec is called in a title: "voc:/data/bccd#train" is "bccd#train".
QString shortDataName(const QString& spec);

}  // namespace anchorscope
