#pragma once
// Blocks of consecutive values with their extremes, blocks of sixteen of them, of sixteen of those and so on:
// the extremes of any stretch are had from few of them.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace anchorscope {

struct CurvePoint {
  std::int64_t step = 0;
  double value = 0;
  bool operator==(const CurvePoint&) const = default;
};

/// Consecutive values of which the extremes are kept. Every point of it is one that was measured.
struct CurveBlock {
  std::int64_t first = 0, last = 0;  ///< Steps; nothing where count is 0.
  std::int64_t count = 0, finite = 0;
  CurvePoint lowest, highest;  ///< Of the finite values, the earliest of equals; nothing where finite is 0.
  CurvePoint notFinite;        ///< The earliest value that is NaN or infinite; nothing where there is none.
  double mean = 0;             ///< Of the finite values.

  /// What comes after its values.
  void add(const CurvePoint& point);
  void add(const CurveBlock& next);
};

/// Blocks in the order in which they begin, of which those at the front may go. A position is counted from
/// the first block that ever was. One thread at a time.
class CurvePyramid {
 public:
  /// Those that are there. The last one may still grow.
  const std::deque<CurveBlock>& blocks() const { return levels_.front(); }
  /// An empty block at the end; the one before it is whole now. Constant time on the average.
  CurveBlock& begin();
  CurveBlock& last() { return levels_.front().back(); }
  /// The front block goes. It must be whole.
  void dropFront();
  /// Two and two of them as one each; of an even number, none of which has gone.
  CurvePyramid halved() const;
  /// Adds the blocks at [from, to), none of which has gone. Time grows as the logarithm of their number.
  void addTo(CurveBlock& sum, std::size_t from, std::size_t to) const;

 private:
  static constexpr std::size_t kFan = 16;

  std::vector<std::deque<CurveBlock>> levels_{1};  ///< Above the first, whole blocks alone.
  std::size_t gone_ = 0;                           ///< Of the first level.
};

}  // namespace anchorscope
