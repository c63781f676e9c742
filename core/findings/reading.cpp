#include "core/findings/reading.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "core/base/check.h"

namespace anchorscope {

std::vector<std::int64_t> positivesOf(const StageEvidence& stage) {
  const auto& objects = stage.image->objects;
  const std::vector<Winners> heads = winnersOf(stage);
  std::vector<std::int64_t> positives(objects.size(), 0);
  for (std::size_t candidate = 0; candidate < stage.candidates->count(); ++candidate) {
    std::int32_t before = -1;  // both heads often learn the same object
    for (const Winners& head : heads) {
      const std::int32_t object = head.at(candidate, objects.size());
      if (object < 0 || object == before || objects[static_cast<std::size_t>(object)].ignored) continue;
      ++positives[static_cast<std::size_t>(object)];
      before = object;
    }
  }
  return positives;
}

std::vector<std::pair<const PairTable*, const std::vector<float>*>> bagsOf(const StageEvidence& stage) {
  std::vector<std::pair<const PairTable*, const std::vector<float>*>> out;
  for (const PairTable& table : stage.pairTables)
    if (const int member = table.spec.memberColumn.empty() ? -1 : table.columnIndex(table.spec.memberColumn);
        member >= 0)
      out.emplace_back(&table, &table.columns[static_cast<std::size_t>(member)]);
  return out;
}

std::string className(const std::vector<std::string>& names, int classIndex) {
  return classIndex >= 0 && static_cast<std::size_t>(classIndex) < names.size()
             ? names[static_cast<std::size_t>(classIndex)]
             : concat("class ", classIndex);
}

std::string stageSuffix(const StageSpec& stage) {
  return stage.title.empty() ? std::string() : ", " + stage.title;
}

std::string percentText(double share) {
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(share) < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
  return text;
}

void setWho(Finding& finding, std::vector<ObjectRef> who) {
  std::sort(who.begin(), who.end());
  who.erase(std::unique(who.begin(), who.end()), who.end());
  std::set<std::string> images;
  finding.objects = 0;
  for (const ObjectRef& ref : who) {
    images.insert(ref.image);
    finding.objects += ref.object >= 0 ? 1 : 0;
  }
  finding.images = static_cast<std::int64_t>(images.size());
  finding.who = std::move(who);
}

}  // namespace anchorscope
