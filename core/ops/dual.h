#pragma once
// A number with its derivatives: evaluates a scalar formula and its gradient in one go, on the CPU and on
// CUDA, so that each formula stands once. No ATen.

#include <cmath>

#include "core/base/box_math.h"

namespace anchorscope {

/// value + sum_k partial[k] * (input k); K inputs. Comparisons look at the value alone, so min and max take
/// the gradient of the branch that the formula picks.
template <typename T, int K>
struct Dual {
  T value = T(0);
  T partial[K] = {};

  Dual() = default;
  template <typename U>
  ANCHORSCOPE_HD explicit Dual(U constant) : value(static_cast<T>(constant)) {}

  /// Input number `index`.
  ANCHORSCOPE_HD static Dual input(T value, int index) {
    Dual result(value);
    result.partial[index] = T(1);
    return result;
  }
};

template <typename T, int K>
ANCHORSCOPE_HD Dual<T, K> operator+(Dual<T, K> a, const Dual<T, K>& b) {
  a.value += b.value;
  for (int k = 0; k < K; ++k)
    a.partial[k] += b.partial[k];
  return a;
}
template <typename T, int K>
ANCHORSCOPE_HD Dual<T, K> operator-(Dual<T, K> a, const Dual<T, K>& b) {
  a.value -= b.value;
  for (int k = 0; k < K; ++k)
    a.partial[k] -= b.partial[k];
  return a;
}
template <typename T, int K>
ANCHORSCOPE_HD Dual<T, K> operator*(const Dual<T, K>& a, const Dual<T, K>& b) {
  Dual<T, K> result(a.value * b.value);
  for (int k = 0; k < K; ++k)
    result.partial[k] = a.partial[k] * b.value + a.value * b.partial[k];
  return result;
}
template <typename T, int K>
ANCHORSCOPE_HD Dual<T, K> operator/(const Dual<T, K>& a, const Dual<T, K>& b) {
  Dual<T, K> result(a.value / b.value);
  for (int k = 0; k < K; ++k)
    result.partial[k] = (a.partial[k] - result.value * b.partial[k]) / b.value;
  return result;
}
template <typename T, int K>
ANCHORSCOPE_HD bool operator<(const Dual<T, K>& a, const Dual<T, K>& b) {
  return a.value < b.value;
}
template <typename T, int K>
ANCHORSCOPE_HD bool operator>(const Dual<T, K>& a, const Dual<T, K>& b) {
  return a.value > b.value;
}
template <typename T, int K>
ANCHORSCOPE_HD Dual<T, K> arcTangent(const Dual<T, K>& a) {
  Dual<T, K> result(::atan(a.value));
  const T slope = T(1) / (T(1) + a.value * a.value);
  for (int k = 0; k < K; ++k)
    result.partial[k] = slope * a.partial[k];
  return result;
}
ANCHORSCOPE_HD float arcTangent(float a) {
  return ::atanf(a);
}
ANCHORSCOPE_HD double arcTangent(double a) {
  return ::atan(a);
}

/// The same value without its derivatives.
template <typename T, int K>
ANCHORSCOPE_HD Dual<T, K> detached(const Dual<T, K>& a) {
  return Dual<T, K>(a.value);
}
ANCHORSCOPE_HD float detached(float a) {
  return a;
}
ANCHORSCOPE_HD double detached(double a) {
  return a;
}

}  // namespace anchorscope
