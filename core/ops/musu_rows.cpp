// Compiled with -O3 -ffp-contract=off -fno-trapping-math (CMakeLists.txt): vectorised, and the same bits on
// every processor.
#include "core/ops/musu_rows.h"

#include <algorithm>

#include "core/ops/vector_math.h"

#define ANCHORSCOPE_INLINE inline __attribute__((always_inline))

namespace anchorscope {
namespace {

/// Independent sums side by side: the order of addition is written here, not chosen by the compiler.
constexpr std::int64_t kLanes = 8;

ANCHORSCOPE_INLINE float sigmoid(float z) {
  return clsmath::Sigmoid<float, VectorMath>(z).p;
}
ANCHORSCOPE_INLINE double sigmoid(double z) {
  return clsmath::Sigmoid<double>(z).p;
}
ANCHORSCOPE_INLINE float anyPower(float x, float exponent) {
  return VectorMath::power(x, exponent);
}
ANCHORSCOPE_INLINE double anyPower(double x, double exponent) {
  return clsmath::power(x, exponent);
}

/// out = factor x^exponent, where a constant exponent lets powerOf be a few operations.
template <typename T>
ANCHORSCOPE_INLINE void timesPower(const T* factor, const T* __restrict x, T exponent, std::int64_t count,
                                   T* out) {
  const auto usual = [&](auto constant) {
    for (std::int64_t k = 0; k < count; ++k)
      out[k] = factor[k] * clsmath::powerOf(x[k], constant());
  };
  if (exponent == T(0)) return usual([] { return T(0); });
  if (exponent == T(1)) return usual([] { return T(1); });
  if (exponent == T(0.5)) return usual([] { return T(0.5); });
  if (exponent == T(0.25)) return usual([] { return T(0.25); });
  if (exponent == T(0.75)) return usual([] { return T(0.75); });
  for (std::int64_t k = 0; k < count; ++k)
    out[k] = factor[k] * anyPower(x[k], exponent);
}

/// musumath::geometricMean of rows.
template <typename T>
ANCHORSCOPE_INLINE void geometricMeans(const T* a, const T* b, T mix, std::int64_t count, T* out) {
  constexpr std::int64_t kBlock = 256;
  T ones[kBlock], ofA[kBlock];
  std::fill(ones, ones + kBlock, T(1));
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const std::int64_t size = std::min(kBlock, count - first);
    timesPower<T>(ones, a + first, T(1) - mix, size, ofA);
    timesPower<T>(ofA, b + first, mix, size, out + first);
  }
}

template <typename T>
ANCHORSCOPE_INLINE void columnsOf(const T* __restrict boxes, std::int64_t count, T* __restrict columns,
                                  MusuBlockBounds<T>* __restrict bounds) {
  T *x1 = columns, *y1 = columns + count, *x2 = columns + 2 * count, *y2 = columns + 3 * count;
  for (std::int64_t begin = 0; begin < count; begin += kMusuBlock) {
    const std::int64_t end = std::min(count, begin + kMusuBlock);
    MusuBlockBounds<T> around;
    for (std::int64_t i = begin; i < end; ++i) {
      const T left = boxes[4 * i], top = boxes[4 * i + 1], right = boxes[4 * i + 2],
              bottom = boxes[4 * i + 3];
      x1[i] = left;
      y1[i] = top;
      x2[i] = right;
      y2[i] = bottom;
      around.left = boxmath::smaller(left, around.left);
      around.top = boxmath::smaller(top, around.top);
      around.right = boxmath::larger(right, around.right);
      around.bottom = boxmath::larger(bottom, around.bottom);
    }
    bounds[begin / kMusuBlock] = around;
  }
}

template <typename T>
ANCHORSCOPE_INLINE void scores(const T* __restrict logits, const T* __restrict q, std::int64_t count,
                               const MusuOptions& options, T* __restrict p, T* __restrict joint) {
  for (std::int64_t k = 0; k < count; ++k)
    p[k] = sigmoid(logits[k]);
  if (options.joint == MusuOptions::Joint::kGeometric) {
    geometricMeans<T>(p, q, T(options.beta), count, joint);
  } else {
    timesPower<T>(p, q, T(options.beta), count, joint);
  }
}

/// Sums term(0) ... term(count - 1).
template <typename Term>
ANCHORSCOPE_INLINE double laneSum(std::int64_t count, Term term) {
  double lanes[kLanes] = {};
  const std::int64_t whole = count / kLanes * kLanes;
  for (std::int64_t k = 0; k < whole; k += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] += term(k + lane);
  }
  for (std::int64_t k = whole; k < count; ++k)
    lanes[k - whole] += term(k);
  double sum = 0;
  for (const double lane : lanes)
    sum += lane;
  return sum;
}

template <typename T>
ANCHORSCOPE_INLINE double meanPlusDeviation(const T* values, std::int64_t count) {
  const double mean = laneSum(count, [&](std::int64_t k) { return static_cast<double>(values[k]); }) /
                      static_cast<double>(count);
  const double squares = laneSum(count, [&](std::int64_t k) {
    const double difference = static_cast<double>(values[k]) - mean;
    return difference * difference;
  });
  return mean + clsmath::squareRoot(squares / static_cast<double>(count));
}

template <typename T>
ANCHORSCOPE_INLINE std::int64_t largest(const T* values, std::int64_t count) {
  constexpr std::int64_t kBlock = 8 * kLanes;
  const std::int64_t whole = count / kBlock * kBlock;
  T best = values[0];
  std::int64_t from = 0;  // where the first of the largest is found
  for (std::int64_t first = 0; first < whole; first += kBlock) {
    T lanes[kLanes];
    std::copy(values + first, values + first + kLanes, lanes);
    for (std::int64_t k = first + kLanes; k < first + kBlock; k += kLanes) {
      for (std::int64_t lane = 0; lane < kLanes; ++lane)
        lanes[lane] = boxmath::larger(lanes[lane], values[k + lane]);
    }
    T most = lanes[0];
    for (const T lane : lanes)
      most = boxmath::larger(most, lane);
    if (most > best) {
      best = most;
      from = first;
    }
  }
  for (std::int64_t k = whole; k < count; ++k) {
    if (values[k] > best) {
      best = values[k];
      from = k;
    }
  }
  while (values[from] != best)
    ++from;
  return from;
}

}  // namespace

ANCHORSCOPE_CLONES void musuColumns(const float* boxes, std::int64_t count, float* columns,
                                    MusuBlockBounds<float>* bounds) {
  columnsOf(boxes, count, columns, bounds);
}
void musuColumns(const double* boxes, std::int64_t count, double* columns, MusuBlockBounds<double>* bounds) {
  columnsOf(boxes, count, columns, bounds);
}

ANCHORSCOPE_CLONES void musuScores(const float* logits, const float* q, std::int64_t count,
                                   const MusuOptions& options, float* p, float* joint) {
  scores(logits, q, count, options, p, joint);
}
void musuScores(const double* logits, const double* q, std::int64_t count, const MusuOptions& options,
                double* p, double* joint) {
  scores(logits, q, count, options, p, joint);
}

ANCHORSCOPE_CLONES void musuCriteria(const float* p, const float* q, std::int64_t count,
                                     const MusuOptions& options, float* sReg, float* sCls) {
  geometricMeans<float>(p, q, static_cast<float>(options.alpha), count, sReg);
  geometricMeans<float>(q, p, static_cast<float>(options.alpha), count, sCls);
}
void musuCriteria(const double* p, const double* q, std::int64_t count, const MusuOptions& options,
                  double* sReg, double* sCls) {
  geometricMeans<double>(p, q, options.alpha, count, sReg);
  geometricMeans<double>(q, p, options.alpha, count, sCls);
}

ANCHORSCOPE_CLONES double musuMeanPlusDeviation(const float* values, std::int64_t count) {
  return meanPlusDeviation(values, count);
}
double musuMeanPlusDeviation(const double* values, std::int64_t count) {
  return meanPlusDeviation(values, count);
}

ANCHORSCOPE_CLONES std::int64_t musuLargest(const float* values, std::int64_t count) {
  return largest(values, count);
}
std::int64_t musuLargest(const double* values, std::int64_t count) {
  return largest(values, count);
}

ANCHORSCOPE_CLONES musumath::RankSums musuRankSums(const std::int32_t* rankReg, const std::int32_t* rankCls,
                                                   const std::int32_t* doubledP, const std::int32_t* doubledQ,
                                                   std::int64_t count) {
  musumath::RankSums sums;
  for (std::int64_t k = 0; k < count; ++k)
    sums.add(rankReg[k], rankCls[k], doubledP[k], doubledQ[k], count);
  return sums;
}

}  // namespace anchorscope
