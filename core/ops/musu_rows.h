#pragma once
// MuSu's loops over the eligible anchors of one object, vectorised for the processor the program runs on
// (float) or plain (double, for checks). The formulas are those of musu_math.h. No ATen.

#include <cstdint>
#include <limits>

#include "core/ops/musu_math.h"

namespace anchorscope {

/// Predicted boxes as columns, in blocks with the smallest box around each. Neighbours in anchor order are
/// neighbours in the image, so that an object touches few blocks.
inline constexpr std::int64_t kMusuBlock = 128;
template <typename T>
struct MusuBlockBounds {
  T left = std::numeric_limits<T>::infinity(), top = left, right = -left, bottom = -left;
};

/// boxes [count,4] xyxy -> columns x1, y1, x2, y2 [4,count] and the bounds of each block. Corners that are
/// NaN widen nothing.
void musuColumns(const float* boxes, std::int64_t count, float* columns, MusuBlockBounds<float>* bounds);
void musuColumns(const double* boxes, std::int64_t count, double* columns, MusuBlockBounds<double>* bounds);

/// p = sigmoid(logit) and the joint score. In float, p stops falling at 1.6e-38.
void musuScores(const float* logits, const float* q, std::int64_t count, const MusuOptions& options, float* p,
                float* joint);
void musuScores(const double* logits, const double* q, std::int64_t count, const MusuOptions& options,
                double* p, double* joint);

/// The criteria of the two rankings.
void musuCriteria(const float* p, const float* q, std::int64_t count, const MusuOptions& options, float* sReg,
                  float* sCls);
void musuCriteria(const double* p, const double* q, std::int64_t count, const MusuOptions& options,
                  double* sReg, double* sCls);

/// Mean plus population standard deviation, summed in double in an order that does not depend on the
/// processor.
double musuMeanPlusDeviation(const float* values, std::int64_t count);
double musuMeanPlusDeviation(const double* values, std::int64_t count);

/// Index of the largest value, none NaN; ties: the first. count >= 1.
std::int64_t musuLargest(const float* values, std::int64_t count);
std::int64_t musuLargest(const double* values, std::int64_t count);

/// The sums over a bag's members.
musumath::RankSums musuRankSums(const std::int32_t* rankReg, const std::int32_t* rankCls,
                                const std::int32_t* doubledP, const std::int32_t* doubledQ,
                                std::int64_t count);

}  // namespace anchorscope
