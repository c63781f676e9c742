#pragma once
// The pages of the help: resources/help/NAME.html, with tables of options made from the registries.

#include <QString>
#include <vector>

#include "core/base/param.h"

namespace anchorscope {

struct HelpPage {
  QString name;   ///< "musu": resources/help/musu.html
  QString title;  ///< From the file.
};

/// In the order of the contents.
const std::vector<HelpPage>& helpPages();

/// The page that tells of a method, a detector or a topic; "index" where there is none.
QString helpPageOf(const QString& what);

/// The page as HTML that QTextBrowser understands. A comment "options method NAME" or "options model NAME
/// only OPTION …" in the file has become the table of those options. Empty for an unknown page.
QString helpHtml(const QString& page);

/// Name, default, meaning and source of each option as an HTML table.
QString optionTable(const ParamSet& params);

}  // namespace anchorscope
