#pragma once
// From the Markdown of the help's files, which any browser of the repository shows, to what HelpBrowser
// shows.

#include <QByteArray>
#include <QString>

namespace anchorscope {

/// HTML that QTextBrowser understands. Markdown is GitHub's. Links to `PAGE.md#PART` become "help:PAGE",
/// pictures `formulas/NAME.svg` "formula:NAME"; of a link that leaves the folder only the text stays. The
/// paragraph below the heading is of class "lead", one of a formula alone of class "formula".
QString htmlOfMarkdown(const QByteArray& markdown);

}  // namespace anchorscope
