#pragma once
// One scalar's values by step in bounded memory: the newest ones exactly, what is older as blocks of their
// extremes. Over both lie pyramids of blocks, so that many values are drawn and searched as fast as few.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "widgets/plot/curve_pyramid.h"

namespace anchorscope {

/// A point as it is drawn.
struct DrawnPoint {
  std::int64_t step = 0;
  double value = 0;
  double weight = 1;  ///< How many measured values it stands for; 0: one that is not finite of a block.
  double mean = 0;    ///< Of these.
};

/// How much of a scalar is kept: 1.2 MB for the newest points and 0.4 MB for all that is older, with the
/// pyramids over them.
struct CurveLimits {
  std::size_t points = 65'536;  ///< Exactly, the newest; at least 1.
  std::size_t blocks = 4'096;   ///< Even. Of one size, a power of two, which doubles when there are so many.
  static constexpr CurveLimits none() { return {std::numeric_limits<std::size_t>::max(), 2}; }
};

/// What is kept depends on the values alone, not on how they were handed over. One thread at a time.
class CurveSeries {
 public:
  explicit CurveSeries(CurveLimits limits = {}) : limits_(limits) {}

  /// Steps must not fall. Constant time on the average.
  void append(std::int64_t step, double value);

  bool empty() const { return points_.empty(); }
  /// In the order of steps; the exact points come after the blocks.
  const std::deque<CurveBlock>& blocks() const { return blocks_.blocks(); }
  const std::deque<CurvePoint>& points() const { return points_; }
  /// Values in each block but the last, which may have fewer; 1 while all points are exact.
  std::int64_t blockSize() const { return blocks().empty() ? 1 : blockSize_; }
  /// The last step of the blocks; -1 while there are none.
  std::int64_t thinnedUntil() const { return blocks().empty() ? -1 : blocks().back().last; }

  /// The newest value at or before a step, or the block that holds it.
  struct Reading {
    std::int64_t values = 0;  ///< 0: there is none, 1: exactly this one, more: a block of so many.
    double low = std::numeric_limits<double>::quiet_NaN(), high = low;  ///< Of the finite ones of a block.
    std::int64_t notFinite = 0;                                         ///< Of the block's values.
  };
  Reading at(std::int64_t step) const;
  /// The value of exactly this step, the newest of several; nothing where there is none among the exact
  /// points.
  std::optional<double> exactly(std::int64_t step) const;
  /// The values of these steps, both ends included, as one block; count is 0 where there is none. Of the
  /// blocks that stand for what is older it takes whole ones: first and last may lie beyond the ends then.
  /// Time grows as the logarithm of the number of values.
  CurveBlock extremes(std::int64_t fromStep, std::int64_t toStep) const;

  /// All of it in the order of steps: of a block its lowest, its highest and one that is not finite.
  /// `together`: the exact ones as blocks of so many, too, a power of two; below kFine each by itself.
  std::vector<DrawnPoint> drawn(std::int64_t together = 1) const;
  static constexpr std::int64_t kFine = 64;

 private:
  void addToBlocks(const CurvePoint& point);
  /// The newest exact point at or before a step, or null.
  const CurvePoint* pointAt(std::int64_t step) const;
  /// Exact values as one block, [from, to) of all values that ever were.
  CurveBlock joined(std::int64_t from, std::int64_t to) const;

  CurveLimits limits_;
  CurvePyramid blocks_;
  std::int64_t blockSize_ = 2;
  std::deque<CurvePoint> points_;
  CurvePyramid fine_;      ///< Over the points, each from a multiple of kFine on; of the first some are gone.
  std::int64_t gone_ = 0;  ///< Values that are in blocks.
};

/// Exponential moving average with bias correction (as in Adam's first moment); weight 0 returns the values.
/// Non-finite values are passed through and leave the average as it was.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

/// The same of drawn points, over the steps: one that stands for several counts as so many of their mean, and
/// what lies k steps back counts weight^k, so that a value in a hundred steps is hardly smoothed. `together`:
/// so many consecutive exact points count as their mean, too, so that the line is of one kind where both are
/// in view.
std::vector<double> smoothed(const std::vector<DrawnPoint>& points, double weight, std::int64_t together = 1);

}  // namespace anchorscope
