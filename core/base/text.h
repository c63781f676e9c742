#pragma once
// Text from outside (names, paths, messages of libraries) made fit to be shown and stored: valid UTF-8, and
// free of what a terminal would obey.

#include <string>
#include <string_view>
#include <vector>

namespace anchorscope {

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. Empty text is.
bool isUtf8(std::string_view text);

/// The text with every byte that is not part of well-formed UTF-8 written as \xNN; valid text comes back as
/// it is. What every JSON file and every name that is shown goes through: JSON cannot hold other bytes.
std::string toUtf8(std::string_view text);

/// toUtf8() with control characters escaped as well, so that a name can neither steer a terminal nor break a
/// line: C0 and DEL, C1 (U+0080 to U+009F), line and paragraph separators and the marks that turn the writing
/// direction (U+202A to U+202E, U+2066 to U+2069). \n, \r and \t as such, others as \xNN or \uNNNN.
/// Backslashes of the text stay as they are: this is for people, not for reading back.
std::string printable(std::string_view text);

/// The items behind one another with commas, of many the first `most` and how many more there are: for
/// messages whose list comes from a file.
std::string listed(const std::vector<std::string>& items, std::size_t most = 20);

/// printable() that leaves line feeds and tabs standing: for text of several lines.
std::string printableLines(std::string_view text);

}  // namespace anchorscope
