#include "core/model/weight_names.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "core/base/check.h"

namespace anchorscope {
namespace {

constexpr std::string_view kBackbone = "backbone.body.";

/// The number that a name goes on with, and what follows it: "3.conv.weight" -> 3, ".conv.weight".
std::optional<std::pair<int, std::string_view>> leadingNumber(std::string_view text) {
  int number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || number < 0 || number > 99) return std::nullopt;
  return std::pair(number, text.substr(static_cast<std::size_t>(end - text.data())));
}

/// What `text` goes on with behind `prefix`.
std::optional<std::string_view> behind(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

/// A backbone alone: a ResNet, or VGG-16, of which SSD takes the last stage to what it puts behind.
std::vector<std::string> ofBackbone(std::string_view name) {
  constexpr int kVggInExtra = 23;  ///< The first module of `features` that is.
  std::vector<std::string> names{concat(kBackbone, name)};
  if (const auto rest = behind(name, "features."))
    if (const auto number = leadingNumber(*rest))
      names.push_back(number->first < kVggInExtra
                          ? concat("backbone.", name)
                          : concat("backbone.extra.0.", number->first - kVggInExtra, number->second));
  return names;
}

/// The neck: mmdetection numbers the convolutions that make new levels with those of the other levels.
std::string ofMmdetNeck(std::string_view name) {
  if (const auto rest = behind(name, "lateral_convs."))
    if (const auto number = leadingNumber(*rest))
      if (const auto kind = behind(number->second, ".conv"))
        return concat("backbone.fpn.inner_blocks.", number->first, ".0", *kind);
  if (const auto rest = behind(name, "fpn_convs."))
    if (const auto number = leadingNumber(*rest))
      if (const auto kind = behind(number->second, ".conv")) {
        constexpr int kBackboneLevels = 3;
        if (number->first < kBackboneLevels)
          return concat("backbone.fpn.layer_blocks.", number->first, ".0", *kind);
        return concat("backbone.fpn.extra_blocks.p", number->first + 3, *kind);
      }
  return {};
}

/// A layer of a tower, under each of the names that detectors here give it.
std::vector<std::string> ofMmdetTower(std::string_view name, const std::string& head) {
  const auto number = leadingNumber(name);
  if (!number) return {};
  const auto& [index, rest] = *number;
  if (const auto kind = behind(rest, ".conv"))
    return {concat(head, "conv.", index, ".0", *kind), concat(head, "conv.", 3 * index, *kind)};
  if (const auto kind = behind(rest, ".gn"))
    return {concat(head, "conv.", index, ".1", *kind), concat(head, "conv.", 3 * index + 1, *kind)};
  return {};
}

/// What a head of mmdetection calls its last convolutions.
struct OutputNames {
  const char *cls, *reg, *centerness;
};
constexpr std::array<OutputNames, 3> kMmdetOutputs{{{"retina_cls", "retina_reg", nullptr},
                                                    {"atss_cls", "atss_reg", "atss_centerness"},
                                                    {"conv_cls", "conv_reg", "conv_centerness"}}};

std::vector<std::string> ofMmdet(std::string_view name) {
  if (const auto rest = behind(name, "backbone.")) return {concat(kBackbone, *rest)};
  if (const auto rest = behind(name, "neck.")) return {ofMmdetNeck(*rest)};
  const auto head = behind(name, "bbox_head.");
  if (!head) return {};
  const std::string cls = "head.classification_head.", reg = "head.regression_head.";
  if (const auto rest = behind(*head, "cls_convs.")) return ofMmdetTower(*rest, cls);
  if (const auto rest = behind(*head, "reg_convs.")) return ofMmdetTower(*rest, reg);
  for (const OutputNames& names : kMmdetOutputs) {
    if (const auto rest = behind(*head, names.cls)) return {concat(cls, "cls_logits", *rest)};
    if (const auto rest = behind(*head, names.reg)) return {concat(reg, "bbox_reg", *rest)};
    if (!names.centerness) continue;
    // On which tower it sits is an option, there and here, and not in the file.
    if (const auto rest = behind(*head, names.centerness))
      return {concat(cls, "bbox_ctrness", *rest), concat(reg, "bbox_ctrness", *rest)};
  }
  if (const auto rest = behind(*head, "scales."))
    if (const auto number = leadingNumber(*rest); number && number->second == ".scale")
      return {concat(reg, "scales.", number->first)};
  return {};
}

}  // namespace

std::string WeightNames::translate(std::string_view name, Manner manner) const {
  if (manner == Manner::kOwn) return std::string(name);
  std::string last;
  for (std::string& candidate : manner == Manner::kBackbone ? ofBackbone(name) : ofMmdet(name)) {
    if (wanted_.contains(candidate)) return std::move(candidate);
    last = std::move(candidate);
  }
  return last;
}

WeightNames::WeightNames(const std::vector<std::string>& file, const std::vector<std::string>& detector)
    : wanted_(detector.begin(), detector.end()) {
  constexpr int kDeepestPrefix = 6;
  std::map<std::pair<std::string, Manner>, std::size_t> votes;
  for (const std::string& name : file) {
    std::size_t start = 0;
    for (int depth = 0; depth < kDeepestPrefix && start != std::string::npos; ++depth) {
      const std::string_view rest = std::string_view(name).substr(start);
      for (const Manner manner : {Manner::kOwn, Manner::kBackbone, Manner::kMmdet})
        if (wanted_.contains(translate(rest, manner))) ++votes[{name.substr(0, start), manner}];
      const std::size_t dot = name.find('.', start);
      start = dot == std::string::npos ? dot : dot + 1;
    }
  }
  std::size_t most = 0;
  for (const auto& [reading, count] : votes) {  // in the order of prefixes, a shorter one before a longer
    if (count <= most) continue;
    most = count;
    std::tie(prefix_, manner_) = reading;
  }
}

std::string WeightNames::inDetector(const std::string& name) const {
  if (!name.starts_with(prefix_)) return name;
  const std::string_view rest = std::string_view(name).substr(prefix_.size());
  std::string translated = translate(rest, manner_);
  return translated.empty() ? std::string(rest) : translated;
}

std::string WeightNames::description() const {
  std::string text;
  if (manner_ == Manner::kBackbone) text = "names of a backbone alone";
  if (manner_ == Manner::kMmdet) text = "names of mmdetection";
  if (!prefix_.empty()) text += concat(text.empty() ? "names" : "", " without '", prefix_, "'");
  return text;
}

}  // namespace anchorscope
