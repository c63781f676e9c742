#pragma once
// What a reader of a trace met and left out.

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace anchorscope {

/// Damaged records, one sentence each, told once each. One thread at a time.
class DamageLog {
 public:
  void add(std::string sentence) {
    constexpr std::size_t kMost = 1000;  // a wholly damaged file does not fill the memory
    if (known_.size() < kMost && known_.insert(sentence).second) untold_.push_back(std::move(sentence));
  }
  std::vector<std::string> take() { return std::exchange(untold_, {}); }

 private:
  std::set<std::string> known_;
  std::vector<std::string> untold_;
};

}  // namespace anchorscope
