#pragma once
// Scalar classification losses and their derivatives, once, for the CPU and CUDA. No ATen.

#include <cmath>

#include "core/base/box_math.h"

namespace anchorscope {

/// An element's loss from its logit z and its target y; p = sigmoid(z), BCE(z, y) = -y ln p - (1 - y) ln(1 -
/// p).
enum class ClsElementLoss {
  kBce,    ///< BCE(z, y)
  kFocal,  ///< a_t |1 - p_t|^gamma BCE(z, y), p_t = p y + (1 - p)(1 - y), a_t = alpha y + (1 - alpha)(1 - y)
           ///< (Lin et al., ICCV 2017; soft y as torchvision's sigmoid_focal_loss; alpha < 0: a_t = 1).
  kSoftFocal,  ///< |y - p|^gamma BCE(z, y); the factor is not detached (the form of Li et al., NeurIPS 2020).
  kWeightedFocal,  ///< y > 0: y * focal(z, 1); otherwise focal(z, 0).
  kWeightedBce,    ///< y > 0: y * BCE(z, 1); otherwise BCE(z, 0).
  kVarifocal,      ///< y > 0: y * BCE(z, y); otherwise alpha p^gamma BCE(z, 0) (Zhang et al., CVPR 2021).
  kVarifocalPlain  ///< The same without the factor y.
};

struct ClsLossOptions {
  ClsElementLoss element = ClsElementLoss::kFocal;
  double gamma = 2;
  double alpha = 0.25;  ///< Not used by the forms of BCE and by kSoftFocal.
};

namespace clsmath {

ANCHORSCOPE_HD float exponential(float x) {
  return ::expf(x);
}
ANCHORSCOPE_HD double exponential(double x) {
  return ::exp(x);
}
ANCHORSCOPE_HD float logOnePlus(float x) {
  return ::log1pf(x);
}
ANCHORSCOPE_HD double logOnePlus(double x) {
  return ::log1p(x);
}

/// The library's exp and log1p, in either precision.
struct LibraryMath {
  template <typename T>
  ANCHORSCOPE_HD static T exponential(T x) {
    return clsmath::exponential(x);
  }
  template <typename T>
  ANCHORSCOPE_HD static T logOnePlus(T x) {
    return clsmath::logOnePlus(x);
  }
};

ANCHORSCOPE_HD float power(float x, float y) {
  return ::powf(x, y);
}
ANCHORSCOPE_HD double power(double x, double y) {
  return ::pow(x, y);
}

ANCHORSCOPE_HD float squareRoot(float x) {
  return ::sqrtf(x);
}
ANCHORSCOPE_HD double squareRoot(double x) {
  return ::sqrt(x);
}

/// x^gamma for x >= 0, without pow for the usual exponents.
template <typename T>
ANCHORSCOPE_HD T powerOf(T x, T gamma) {
  if (gamma == T(2)) return x * x;
  if (gamma == T(1)) return x;
  if (gamma == T(0)) return T(1);
  if (gamma == T(0.5)) return squareRoot(x);
  if (gamma == T(0.25)) return squareRoot(squareRoot(x));
  if (gamma == T(0.75)) return squareRoot(x) * squareRoot(squareRoot(x));
  return power(x, gamma);
}

/// sigmoid(z), 1 - sigmoid(z), -ln of both: each accurate for any z. Math gives exp for arguments <= 0 and
/// log1p for arguments in [0,1].
template <typename T, typename Math = LibraryMath>
struct Sigmoid {
  T p, q, minusLogP, minusLogQ;

  ANCHORSCOPE_HD explicit Sigmoid(T z) {
    const T small = Math::exponential(z < T(0) ? z : -z);
    const T large = T(1) / (T(1) + small);
    const T logarithm = Math::logOnePlus(small);
    p = z < T(0) ? small * large : large;
    q = z < T(0) ? large : small * large;
    minusLogP = (z < T(0) ? -z : T(0)) + logarithm;
    minusLogQ = (z < T(0) ? T(0) : z) + logarithm;
  }
};

template <typename T>
struct ValueAndSlope {
  T value;
  T slope;  ///< Derivative with respect to the logit.
};

/// factor * |m|^gamma * BCE, where m has the derivative `slopeOfM`.
template <typename T>
ANCHORSCOPE_HD ValueAndSlope<T> modulated(T factor, T m, T slopeOfM, T gamma, T bce, T slopeOfBce) {
  const T size = m < T(0) ? -m : m;
  const T scale = powerOf(size, gamma);
  T slope = scale * slopeOfBce;
  if (gamma != T(0) && size > T(0)) {
    slope += gamma * powerOf(size, gamma - T(1)) * (m < T(0) ? -slopeOfM : slopeOfM) * bce;
  }
  return {factor * scale * bce, factor * slope};
}

/// One element's loss and derivative.
template <typename T, typename Math = LibraryMath>
ANCHORSCOPE_HD ValueAndSlope<T> elementLoss(T z, T y, const ClsLossOptions& options) {
  const Sigmoid<T, Math> s(z);
  const T gamma = T(options.gamma);
  const bool weighted =
      options.element == ClsElementLoss::kWeightedFocal || options.element == ClsElementLoss::kWeightedBce;
  const T weight = weighted && y > T(0) ? y : T(1);
  const T target = weighted ? (y > T(0) ? T(1) : T(0)) : y;
  const T bce = target * s.minusLogP + (T(1) - target) * s.minusLogQ;
  const T slopeOfBce = (T(1) - target) * s.p - target * s.q;
  switch (options.element) {
    case ClsElementLoss::kBce:
    case ClsElementLoss::kWeightedBce:
      return {weight * bce, weight * slopeOfBce};
    case ClsElementLoss::kSoftFocal:
      return modulated(T(1), slopeOfBce, s.p * s.q, gamma, bce, slopeOfBce);
    case ClsElementLoss::kVarifocal:
    case ClsElementLoss::kVarifocalPlain: {
      if (!(y > T(0))) return modulated(T(options.alpha), s.p, s.p * s.q, gamma, bce, slopeOfBce);
      const T factor = options.element == ClsElementLoss::kVarifocal ? y : T(1);
      return {factor * bce, factor * slopeOfBce};
    }
    case ClsElementLoss::kFocal:
    case ClsElementLoss::kWeightedFocal:
      break;
  }
  const T alpha = T(options.alpha);
  const T balance = alpha < T(0) ? T(1) : alpha * target + (T(1) - alpha) * (T(1) - target);
  const T missed = target * s.q + (T(1) - target) * s.p;  // 1 - p_t without cancellation
  const T slopeOfMissed = s.p * s.q * (T(1) - T(2) * target);
  return modulated(weight * balance, missed, slopeOfMissed, gamma, bce, slopeOfBce);
}

}  // namespace clsmath
}  // namespace anchorscope
