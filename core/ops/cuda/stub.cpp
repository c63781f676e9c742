// The kernels' names in a build without CUDA.

#include "core/ops/cuda/kernels.h"
#include "core/ops/cuda/lip_kernels.h"
#include "core/ops/cuda/musu_kernels.h"
#include "core/ops/cuda/roi_kernels.h"

namespace anchorscope::kernels {
namespace {

constexpr KernelStatus kNotBuilt{"this build has no CUDA kernels; build without --no-cuda"};

}  // namespace

bool built() {
  return false;
}
const char* deviceType() {
  return "cuda";
}
int deviceCount() {
  return 0;
}
std::string deviceName(int) {
  return {};
}

#define ANCHORSCOPE_STUBS(T)                                                                                 \
  template <>                                                                                                \
  KernelStatus pairwiseSimilarity<T>(const T*, bool, const T*, bool, std::int64_t, std::int64_t,             \
                                     std::int64_t, SimilarityOptions, T*, Stream) {                          \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus elementwiseSimilarity<T>(const T*, const T*, std::int64_t, SimilarityOptions, T*, Stream) {   \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus elementwiseSimilarityBackward<T>(const T*, const T*, const T*, std::int64_t,                  \
                                                SimilarityOptions, T*, T*, Stream) {                         \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus matchedSimilarityLoss<T>(const T*, const T*, const std::int64_t*, const T*, std::int64_t,     \
                                        std::int64_t, std::int64_t, SimilarityOptions, T*, Stream) {         \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus matchedSimilarityLossBackward<T>(const T*, const T*, const std::int64_t*, const T*, const T*, \
                                                std::int64_t, std::int64_t, std::int64_t, SimilarityOptions, \
                                                T*, Stream) {                                                \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus matchedDeltaLoss<T>(const T*, const T*, const T*, const std::int64_t*, const T*,              \
                                   std::int64_t, std::int64_t, std::int64_t, CoderParameters, double, T*,    \
                                   Stream) {                                                                 \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus matchedDeltaLossBackward<T>(const T*, const T*, const T*, const std::int64_t*, const T*,      \
                                           const T*, std::int64_t, std::int64_t, std::int64_t,               \
                                           CoderParameters, double, T*, Stream) {                            \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus decode<T>(const T*, const T*, std::int64_t, std::int64_t, CoderParameters, T*, Stream) {      \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus decodeBackward<T>(const T*, const T*, const T*, std::int64_t, std::int64_t, CoderParameters,  \
                                 T*, Stream) {                                                               \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus clsLossRows<T>(const T*, const T*, const std::int64_t*, std::int64_t, std::int64_t,           \
                              ClsLossOptions, T*, Stream) {                                                  \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus clsLossRowsBackward<T>(const T*, const T*, const std::int64_t*, const T*, std::int64_t,       \
                                      std::int64_t, ClsLossOptions, T*, Stream) {                            \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus roiRegions<T>(const T*, const std::int64_t*, const std::int64_t*, const RoiScales&,           \
                             const RoiBatch&, RoiRegion<T>*, Stream) {                                       \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus roiAlign<T>(const RoiLevels<T>&, const RoiRegion<T>*, const RoiBatch&, T*, Stream) {          \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus roiAlignBackward<T>(const T*, const RoiRegion<T>*, std::int64_t, const RoiBatch&,             \
                                   const RoiMap<T>&, Stream) {                                               \
    return kNotBuilt;                                                                                        \
  }                                                                                                          \
  template <>                                                                                                \
  KernelStatus nms<T>(const T*, const std::int64_t*, std::int64_t, double, std::uint64_t*, bool*, Stream) {  \
    return kNotBuilt;                                                                                        \
  }

ANCHORSCOPE_STUBS(float)
ANCHORSCOPE_STUBS(double)
#undef ANCHORSCOPE_STUBS

KernelStatus lipPool(const LipBatch&, const LipForward&, Stream) {
  return kNotBuilt;
}
KernelStatus lipPoolBackward(const LipBatch&, const LipBackward&, Stream) {
  return kNotBuilt;
}

std::size_t musuMeasureScratch(const MusuBatch&) {
  return 0;
}
KernelStatus musuMeasure(const MusuBatch&, const MusuOptions&, std::int64_t, const MusuRows&, void*,
                         std::size_t, Stream) {
  return kNotBuilt;
}
KernelStatus musuAssign(const MusuBatch&, const MusuOptions&, const MusuRows&, const MusuMembers&,
                        const MusuCandidates*, const MusuAssigned&, const MusuDescribed*, Stream) {
  return kNotBuilt;
}

}  // namespace anchorscope::kernels
