#pragma once
// View header. A run's scalars as a table for other programs.

#include <ostream>
#include <string>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/result.h"
#include "core/store/run_reader.h"

namespace anchorscope {

/// One field as RFC 4180 wants it: in quotation marks where it must be.
std::string csvField(const std::string& text);
/// A number's shortest exact form, else "nan", "inf", "-inf".
std::string csvNumber(double value);

/// RFC 4180 text: a header line "step,NAME,...", then one line per step at which any of the scalars is
/// recorded, in step order. A scalar without a value at a step leaves its field empty; numbers have their
/// shortest exact form, else "nan", "inf", "-inf". `names` empty: all scalars of the run. Unknown names are
/// kNotFound, before anything is written. Reads some thousand values of each scalar at a time, so a run of
/// any length takes little memory. kIo when the stream fails.
Status writeScalarsAsCsv(const RunReader& run, std::ostream& out, const std::vector<std::string>& names = {});

/// The same into a file, whole or not at all.
Status exportScalarsToCsv(const RunReader& run, const std::string& path, Overwrite overwrite,
                          const std::vector<std::string>& names = {});

}  // namespace anchorscope
