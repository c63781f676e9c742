#pragma once
// View header. Findings as text for other programs.

#include <string>

#include "core/findings/inspection.h"

namespace anchorscope {

/// A JSON list, one entry per finding in their order: {rule, severity, title, objects, images, advice,
/// numbers: [{name, value (null where it is not finite), unit}], who: [{image, object (null: the image as a
/// whole)}]}. Ends with a line feed.
std::string findingsJson(const FindingsReport& report);

/// RFC 4180: a header line, then one line per finding and object it speaks of, or one without image and
/// object where it speaks of none in particular: rule, severity, title, objects, images, advice, image,
/// object.
std::string findingsCsv(const FindingsReport& report);

}  // namespace anchorscope
