#pragma once
// The rules of ARCHITECTURE.md that a text search can check. Each returns its violations, "path: what is
// wrong".

#include <map>
#include <string>
#include <vector>

#include "tests/lint/source_tree.h"

namespace anchorscope::lint {

using Violations = std::vector<std::string>;

/// core never reaches a Qt header.
Violations coreWithoutQt(const SourceTree& tree);

/// widgets includes only view headers of core: those that reach no header of LibTorch, OpenCV or CUDA.
Violations widgetsSeeOnlyViewHeaders(const SourceTree& tree);

/// No file reaches both a Qt and a LibTorch header: qcustomplot.h needs Qt's `signals` keyword, LibTorch
/// breaks on it.
Violations neverQtWithTorch(const SourceTree& tree);

/// A header whose first comment says "View header" is one.
Violations viewHeadersAreTorchFree(const SourceTree& tree);

/// A folder of core includes only itself and the folders below it.
Violations foldersDependDownwards(const SourceTree& tree);

/// OpenCV in core/data/image_io.cpp only, torch/torch.h nowhere, torch/nn and torch/optim in core/model and
/// core/trainer.
Violations heavyHeadersInTheirPlace(const SourceTree& tree);

/// at::parallel_for is serial in code compiled without OpenMP, which all of ours is but
/// core/ops/parallel.cpp.
Violations parallelLoopsInOnePlace(const SourceTree& tree);

/// core/ops/cuda includes no ATen.
Violations kernelsWithoutAten(const SourceTree& tree);

/// Kernels are launched in core/ops/cuda/launch.h alone, which g++ compiles too (tests/support/cuda_on_host):
/// triple angle brackets and CUDA's functions that launch stand nowhere else.
Violations kernelsAreLaunchedInOnePlace(const SourceTree& tree);

/// An include in quotes is a path from the root to a file of the project.
Violations quotedIncludesExist(const SourceTree& tree);

/// A header begins with #pragma once and a comment that says what it is for.
Violations headersSayTheirPurpose(const SourceTree& tree);

/// A source of more than 600 lines stands in `reasons` with why it has one subject; a listed file is that
/// long.
Violations longFilesHaveAReason(const SourceTree& tree, const std::map<std::string, std::string>& reasons);

/// A link or picture in a Markdown file leads out by https, or to a file or folder of the project, from where
/// the file lies; what stands after '#' is a heading of that file, as GitHub names it.
Violations markdownLinksLead(const SourceTree& tree);

/// No paths of one machine, no registry hosts, no notes of unfinished work, no switched-off tests, no banned
/// calls.
Violations bannedText(const SourceTree& tree);

/// Reads `path<TAB or spaces>reason` lines; empty lines and those that begin with '#' are left out.
std::map<std::string, std::string> readReasons(const std::string& text);

}  // namespace anchorscope::lint
