#pragma once
// The window's curves as a table.

#include <string>
#include <vector>

#include "widgets/plot/scalar_store.h"

namespace anchorscope {

/// A line "scalar,step,value" for every point that is kept. Where not all are, a fourth field says what a
/// point of a block is: "lowest of 256", "highest of 256", "first not finite of 256"; it is empty for exact
/// points. Numbers have their shortest exact form.
std::string curvesAsCsv(const ScalarStore& history, const std::vector<std::string>& names);

/// A run beside the first.
struct CsvRun {
  std::string name;
  const ScalarStore* history = nullptr;
};
/// The same of several runs: where there are some beside it a field "run" stands before the others, which is
/// empty for the first.
std::string curvesAsCsv(const ScalarStore& history, const std::vector<CsvRun>& beside,
                        const std::vector<std::string>& names);

}  // namespace anchorscope
