#pragma once
// View header. What rules read from a stage's evidence, whatever the method.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/evidence/consistency.h"
#include "core/evidence/frame.h"
#include "core/evidence/winners.h"
#include "core/findings/finding.h"

namespace anchorscope {

/// Per object, the candidates at which some head learns it. Ignored objects have none.
std::vector<std::int64_t> positivesOf(const StageEvidence& stage);

/// Tables that say which pairs are in an object's bag, with that column.
std::vector<std::pair<const PairTable*, const std::vector<float>*>> bagsOf(const StageEvidence& stage);

/// The object's class for people: "RBC", or "class 7" where it has no name.
std::string className(const std::vector<std::string>& names, int classIndex);

/// "" for a detector's only stage, else ", Region proposals": behind a title.
std::string stageSuffix(const StageSpec& stage);

/// "12 %", with one digit behind the point below 10.
std::string percentText(double share);

/// Fills objects, images and who from the objects a finding speaks of, in any order.
void setWho(Finding& finding, std::vector<ObjectRef> who);

/// Of every image and stage what was seen last.
template <typename Value>
class LatestOfImages {
 public:
  /// Empty, for the stage of this moment.
  Value& renew(const StageEvidence& stage) {
    Entry& entry = entries_[{stage.stage.name, stage.image->name}];
    entry.stage = stage.stage;
    return entry.value = Value{};
  }

  /// Calls visit(StageSpec, {image name -> value}) for every stage.
  template <typename Visit>
  void byStage(const Visit& visit) const {
    for (auto first = entries_.begin(); first != entries_.end();) {
      std::map<std::string, const Value*> images;
      const auto begin = first;
      for (; first != entries_.end() && first->first.first == begin->first.first; ++first)
        images[first->first.second] = &first->second.value;
      visit(begin->second.stage, images);
    }
  }

 private:
  struct Entry {
    StageSpec stage;
    Value value;
  };
  std::map<std::pair<std::string, std::string>, Entry> entries_;
};

}  // namespace anchorscope
