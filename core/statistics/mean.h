#pragma once
// View header. What meters have in common: means by name, and how large objects are.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/evidence/frame.h"
#include "core/statistics/statistic.h"

namespace anchorscope {

/// Means of one step, in the order in which their names came.
class NamedMeans {
 public:
  void add(const std::string& name, const std::string& title, double value, double weight = 1,
           ColorScale scale = ColorScale::kSequential) {
    Entry& entry = entryOf(name, title, scale);
    entry.sum += weight * value;
    entry.weight += weight;
  }
  /// Those with any weight; begins anew.
  std::vector<StatisticValue> take() {
    std::vector<StatisticValue> out;
    for (Entry& entry : entries_) {
      if (entry.weight > 0) out.push_back({entry.name, entry.title, entry.sum / entry.weight, entry.scale});
      entry.sum = entry.weight = 0;
    }
    return out;
  }

 private:
  struct Entry {
    std::string name, title;
    ColorScale scale = ColorScale::kSequential;
    double sum = 0, weight = 0;
  };
  Entry& entryOf(const std::string& name, const std::string& title, ColorScale scale) {
    for (Entry& entry : entries_)
      if (entry.name == name) return entry;
    entries_.push_back({name, title, scale});
    return entries_.back();
  }
  std::vector<Entry> entries_;
};

/// As COCO parts objects: below 32 x 32 px of the image, below 96 x 96 px, above.
inline const char* sizeName(const ObjectRecord& object) {
  const auto area = static_cast<double>(object.boxInImage.area());
  return area < 32.0 * 32 ? "small" : area < 96.0 * 96 ? "medium" : "large";
}

/// "Classification, IoU" reads better than "classification, IoU".
inline std::string titled(const std::string& title, const std::string& part) {
  return part.empty() ? title : title + ", " + part;
}

}  // namespace anchorscope
