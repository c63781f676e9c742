#pragma once
// What the targets of data sets share.

#include <string>

namespace anchorscope::fuzz {

/// A small image file of 80 x 60 px that every build reads.
std::string smallImage();

/// Opens a data set and looks at everything in it; a broken promise of Dataset throws.
void readDataset(const std::string& spec);

}  // namespace anchorscope::fuzz
