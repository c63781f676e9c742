#include "core/parts/loss_table.h"

#include <algorithm>

#include "core/base/check.h"

namespace anchorscope {

const LossRows* LossTable::find(std::string_view head) const {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const LossRows& entry) { return entry.head == head; });
  return found == rows.end() ? nullptr : &*found;
}

LossRows* LossTable::find(std::string_view head) {
  return const_cast<LossRows*>(std::as_const(*this).find(head));
}

const LossRows& LossTable::at(std::string_view head) const {
  const LossRows* found = find(head);
  ANCHORSCOPE_CHECK(found != nullptr, "no loss of the head '", head, "'");
  return *found;
}

LossRows& LossTable::at(std::string_view head) {
  return const_cast<LossRows&>(std::as_const(*this).at(head));
}

}  // namespace anchorscope
