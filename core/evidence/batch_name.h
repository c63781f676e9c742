#pragma once
// View header. What an image of a training batch is called: it is another picture than the data set's (cut,
// mirrored, coloured), and the same one can stand in a batch twice.

#include <string>
#include <string_view>

namespace anchorscope {

/// "batch 3: cells.jpg", counted from 1 through all batches of a step.
inline std::string batchName(std::size_t place, std::string_view image) {
  std::string name = "batch " + std::to_string(place) + ": ";
  return name += image;
}

/// "batch 3: ", or nothing for any other name.
inline std::string_view batchPlace(std::string_view name) {
  constexpr std::string_view kBatch = "batch ";
  if (!name.starts_with(kBatch)) return {};
  std::size_t end = kBatch.size();
  while (end < name.size() && name[end] >= '0' && name[end] <= '9')
    ++end;
  return end > kBatch.size() && name.substr(end).starts_with(": ") ? name.substr(0, end + 2)
                                                                   : std::string_view();
}

/// The image of the data set that a name means.
inline std::string_view imageOf(std::string_view name) {
  return name.substr(batchPlace(name).size());
}

}  // namespace anchorscope
