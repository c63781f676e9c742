#pragma once
// The names that the tensors of a weights file have in a detector. std only.

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace anchorscope {

/// Understands the names of one file: behind a prefix ("module.", "model.", "_orig_mod.module.", whatever
/// most of them share), of a backbone alone (torchvision's ResNets: "layer1.0.conv1.weight"; VGG-16:
/// "features.0.weight"), or of the same network in mmdetection 3 (RetinaNet, FCOS and ATSS). What fits the
/// most names of the detector is taken; of equals the shortest prefix.
class WeightNames {
 public:
  WeightNames(const std::vector<std::string>& file, const std::vector<std::string>& detector);

  /// The name in the detector; what does not stand behind the prefix is returned as it is.
  std::string inDetector(const std::string& name) const;
  /// In words, for the report ("names without 'model.'"); empty when the names are the detector's own.
  std::string description() const;

 private:
  enum class Manner { kOwn, kBackbone, kMmdet };

  std::string translate(std::string_view name, Manner manner) const;

  std::unordered_set<std::string> wanted_;
  std::string prefix_;
  Manner manner_ = Manner::kOwn;
};

}  // namespace anchorscope
