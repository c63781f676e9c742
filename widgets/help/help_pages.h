#pragma once
// The pages of the help: resources/help/NAME.md, with lists and tables made from the registries.

#include <QString>
#include <vector>

#include "core/base/param.h"

namespace anchorscope {

struct HelpPage {
  QString name;   ///< "musu": resources/help/musu.md
  QString title;  ///< Its heading.
};

/// In the order of the links on "index", which comes first; what it does not link to at the end.
const std::vector<HelpPage>& helpPages();

/// The page that tells of a method, a detector or a topic; "index" where there is none.
QString helpPageOf(const QString& what);

/// The page as HTML that HelpBrowser shows; empty for an unknown one. What the file has between a comment and
/// `<!-- end -->`, for who reads it elsewhere, is replaced: from `<!-- methods -->` by the list of methods,
/// from
/// `<!-- options method NAME -->` or `<!-- options model NAME only OPTION … -->` by the table of those
/// options.
QString helpHtml(const QString& page);

/// Name, default, meaning and source of each option as an HTML table.
QString optionTable(const ParamSet& params);

}  // namespace anchorscope
