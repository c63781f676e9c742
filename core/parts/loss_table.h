#pragma once
// Internal header (ATen). The losses of a stage's heads on their way to one number: class, box and quality
// losses fill the table, transforms change it one after the other, a combiner sums it.

#include <ATen/ATen.h>

#include <string>
#include <string_view>
#include <vector>

namespace anchorscope {

/// What one value of a head's loss belongs to.
enum class LossDomain {
  kCandidate,  ///< [B,N]
  kObject,     ///< [B,G]
  kBatch       ///< [B,1]: of the image as a whole.
};

inline constexpr const char* kClsHead = "cls";
inline constexpr const char* kLocHead = "loc";
inline constexpr const char* kQualityHead = "quality";

/// What is said of a loss that stands in a table: as the scalar "loss.HEAD", and as a channel or object
/// column.
struct LossHead {
  std::string head, title, unit;
  std::string description;  ///< "The anchor's ... before it is normalised."
  LossDomain domain = LossDomain::kCandidate;
};

/// One head's loss: the sum over images of (sum of its values / divisor).
struct LossRows {
  std::string head;     ///< kClsHead, kLocHead, kQualityHead, or another's own ("objectness", "dfl").
  at::Tensor values;    ///< Of the domain's shape: weighted, not normalised, with gradient.
  at::Tensor divisors;  ///< [B], see core/losses/normalizer.h.
  LossDomain domain = LossDomain::kCandidate;
  bool ofOutput = false;    ///< Of an output beside classes and boxes that learns: "centerness", "iou" ...
  bool normalized = false;  ///< The sum of the values is the batch's loss: the divisors are 1 and stay so.
  /// [B,G] what of the values is each object's, where that is not told by the candidates' winners; else
  /// undefined.
  at::Tensor ofObjects = {};

  /// 0-dim, normalised, with gradient.
  at::Tensor sum() const { return (values.sum(1) / divisors).sum(); }
};

/// The losses of a batch, in the order in which they are added.
struct LossTable {
  std::vector<LossRows> rows;
  at::Tensor clsObject, regObject;  ///< [B,N] int64, as in Assignment: -1 background, -2 ignored.
  at::Tensor regWeight;             ///< [B,N] the factor already in the box loss, as in Assignment.

  /// Null where there is none of this head.
  LossRows* find(std::string_view head);
  const LossRows* find(std::string_view head) const;
  /// Checked: there is one.
  LossRows& at(std::string_view head);
  const LossRows& at(std::string_view head) const;
};

}  // namespace anchorscope
