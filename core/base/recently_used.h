#pragma once
// What was asked for last, kept within a bound of bytes.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <utility>

namespace anchorscope {

/// Values by key. Keeps what was made until its bytes are more than the bound; then what was not asked for
/// the longest goes. The newest is always kept. Not for several threads.
template <typename Key, typename Value>
class RecentlyUsed {
 public:
  /// bytesOf: what a value takes.
  RecentlyUsed(std::int64_t mostBytes, std::int64_t (*bytesOf)(const Value&))
      : mostBytes_(mostBytes), bytesOf_(bytesOf) {}

  /// The value of a key; `make` is called where it is not kept.
  template <typename Make>
  Value get(const Key& key, const Make& make) {
    const auto found =
        std::find_if(values_.begin(), values_.end(), [&](const auto& entry) { return entry.first == key; });
    if (found != values_.end()) {
      values_.splice(values_.begin(), values_, found);
      return found->second;
    }
    values_.emplace_front(key, make());
    std::int64_t kept = bytesOf_(values_.front().second);
    auto next = std::next(values_.begin());
    while (next != values_.end() && (kept += bytesOf_(next->second)) <= mostBytes_)
      ++next;
    values_.erase(next, values_.end());
    return values_.front().second;
  }

  void clear() { values_.clear(); }
  std::size_t size() const { return values_.size(); }

 private:
  std::int64_t mostBytes_;
  std::int64_t (*bytesOf_)(const Value&);
  std::list<std::pair<Key, Value>> values_;  ///< The last used first.
};

}  // namespace anchorscope
