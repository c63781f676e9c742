#pragma once
// Scalar formulas of the box coder, once, for the CPU and CUDA. No ATen.

#include <cmath>

#include "core/ops/similarity_math.h"

namespace anchorscope {

/// BoxCoder as plain values; see box_coder.h.
struct CoderParameters {
  double means[4];
  double stds[4];
  double maxLogScale;
  bool limitShrinking;
  bool sideDistances;  ///< Distances to the four sides; nothing of the above applies.
};

namespace boxmath {

ANCHORSCOPE_HD float naturalExp(float x) {
  return ::expf(x);
}
ANCHORSCOPE_HD double naturalExp(double x) {
  return ::exp(x);
}
ANCHORSCOPE_HD float naturalLog(float x) {
  return ::logf(x);
}
ANCHORSCOPE_HD double naturalLog(double x) {
  return ::log(x);
}

/// x limited to [low, high]; NaN stays NaN. `inside` becomes 0 where the limit acts, else stays.
template <typename T>
ANCHORSCOPE_HD T limited(T x, T low, T high, T& inside) {
  if (x < low) {
    inside = T(0);
    return low;
  }
  if (x > high) {
    inside = T(0);
    return high;
  }
  return x;
}

/// A decoded axis: the two corner coordinates, how the centre follows the shift delta and half the size the
/// scale delta.
template <typename T>
struct DecodedAxis {
  T low, high;
  T centerByShift, halfByScale;
};

/// Decodes one axis; `axis` 0 is x, 1 is y; low and high are the anchor's corners.
template <typename T>
ANCHORSCOPE_HD DecodedAxis<T> decodeAxis(T low, T high, T shiftDelta, T scaleDelta,
                                         const CoderParameters& coder, int axis) {
  const T size = high - low;
  const T center = low + T(0.5) * size;
  const T shiftStd = T(coder.stds[axis]), scaleStd = T(coder.stds[2 + axis]);
  const T shift = (shiftDelta * shiftStd + T(coder.means[axis])) * size;
  T slope = scaleStd;
  const T logLimit = T(coder.maxLogScale);
  const T raw = scaleDelta * scaleStd + T(coder.means[2 + axis]);
  const T logScale =
      limited(raw, coder.limitShrinking ? -logLimit : smaller(raw, -logLimit), logLimit, slope);
  const T half = T(0.5) * size * naturalExp(logScale);
  return {center + shift - half, center + shift + half, shiftStd * size, half * slope};
}

/// One axis of a location: the middle of its stride-sized box, and the stride.
template <typename T>
struct LocationAxis {
  T center, stride;
};

template <typename T>
ANCHORSCOPE_HD LocationAxis<T> locationAxis(const T* anchor, int axis) {
  const T stride = anchor[2 + axis] - anchor[axis];
  return {anchor[axis] + T(0.5) * stride, stride};
}

/// Decodes a box: anchor and delta point at 4 values, box receives 4.
template <typename T>
ANCHORSCOPE_HD void decodeBox(const T* anchor, const T* delta, const CoderParameters& coder, T* box) {
  for (int axis = 0; axis < 2; ++axis) {
    if (coder.sideDistances) {
      const LocationAxis<T> at = locationAxis(anchor, axis);
      box[axis] = at.center - delta[axis] * at.stride;
      box[2 + axis] = at.center + delta[2 + axis] * at.stride;
      continue;
    }
    const DecodedAxis<T> decoded =
        decodeAxis(anchor[axis], anchor[2 + axis], delta[axis], delta[2 + axis], coder, axis);
    box[axis] = decoded.low;
    box[2 + axis] = decoded.high;
  }
}

/// upstream (4, by box) -> gradient (4, by delta).
template <typename T>
ANCHORSCOPE_HD void decodeBoxBackward(const T* anchor, const T* delta, const T* upstream,
                                      const CoderParameters& coder, T* gradient) {
  for (int axis = 0; axis < 2; ++axis) {
    if (coder.sideDistances) {
      const T stride = locationAxis(anchor, axis).stride;
      gradient[axis] = -stride * upstream[axis];
      gradient[2 + axis] = stride * upstream[2 + axis];
      continue;
    }
    const DecodedAxis<T> decoded =
        decodeAxis(anchor[axis], anchor[2 + axis], delta[axis], delta[2 + axis], coder, axis);
    const T low = upstream[axis], high = upstream[2 + axis];
    gradient[axis] = (low + high) * decoded.centerByShift;
    gradient[2 + axis] = (high - low) * decoded.halfByScale;
  }
}

/// The deltas of a box (4 values each).
template <typename T>
ANCHORSCOPE_HD void encodeBox(const T* anchor, const T* box, const CoderParameters& coder, T* delta) {
  for (int axis = 0; axis < 2; ++axis) {
    if (coder.sideDistances) {
      const LocationAxis<T> at = locationAxis(anchor, axis);
      delta[axis] = (at.center - box[axis]) / at.stride;
      delta[2 + axis] = (box[2 + axis] - at.center) / at.stride;
      continue;
    }
    const T size = anchor[2 + axis] - anchor[axis];
    const T boxSize = box[2 + axis] - box[axis];
    const T shift = (box[axis] + T(0.5) * boxSize - anchor[axis] - T(0.5) * size) / size;
    delta[axis] = (shift - T(coder.means[axis])) / T(coder.stds[axis]);
    delta[2 + axis] = (naturalLog(boxSize / size) - T(coder.means[2 + axis])) / T(coder.stds[2 + axis]);
  }
}

/// smooth L1 of a difference and its derivative; beta 0 is L1.
template <typename T>
ANCHORSCOPE_HD T smoothL1(T difference, T beta, T& slope) {
  const T size = difference < T(0) ? -difference : difference;
  if (size < beta) {
    slope = difference / beta;
    return T(0.5) * difference * difference / beta;
  }
  slope = difference < T(0) ? T(-1) : (difference > T(0) ? T(1) : difference);  // NaN stays NaN, 0 stays 0
  return size - T(0.5) * beta;
}

/// The object index an anchor is matched to, or -1: negative entries and weights of 0 have none.
template <typename T>
ANCHORSCOPE_HD long long matchedObject(long long matched, const T* weight) {
  return matched < 0 || (weight != nullptr && *weight == T(0)) ? -1 : matched;
}

/// Sum over 4 coordinates of smooth L1(delta - encode(anchor, box)) and its gradient by delta.
template <typename T>
ANCHORSCOPE_HD T deltaLoss(const T* delta, const T* anchor, const T* box, const CoderParameters& coder,
                           T beta, T* gradient) {
  T target[4];
  encodeBox(anchor, box, coder, target);
  T sum = T(0);
  for (int k = 0; k < 4; ++k)
    sum += smoothL1(delta[k] - target[k], beta, gradient[k]);
  return sum;
}

}  // namespace boxmath
}  // namespace anchorscope
