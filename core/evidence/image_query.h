#pragma once
// View header. A search among images, as people type it: words of the name, classes, states of objects, and
// comparisons of numbers.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// What a search can ask of one image. What needs evidence that is not there is missing, and no condition on
/// it holds.
struct SearchedImage {
  std::string name;
  std::vector<std::string> classes;  ///< Of its objects, each once.
  std::optional<double> objects;     ///< How many; missing where the labels are not known.
  std::optional<double> smallest;    ///< Square root of the smallest object's area, px of the image.
  std::optional<double> starved, contested, served, ignored;  ///< Objects.
  std::optional<double> loss;      ///< Of the candidates that objects have, before it is normalised.
  std::optional<double> worstIou;  ///< The smallest of the objects' best predicted IoU.
};

/// Of an image's labels alone.
SearchedImage imageFacts(const ProbeImage& image, const std::vector<std::string>& classNames);
/// With what the last stage that tells decisions says of the objects.
SearchedImage imageFacts(const ProbeFrame& frame);

class ImageQuery {
 public:
  /// "dog class:cat starved loss>1 -iou<0.5 \"two words\"": all of it must hold. A word is looked for in the
  /// name, in whatever case; "-" before anything turns it round. kUsage names what is not understood and what
  /// could be meant. Empty: every image.
  static Result<ImageQuery> parse(std::string_view text);
  /// Nothing where it asks what is not known of the image.
  std::optional<bool> answer(const SearchedImage& facts) const;
  bool matches(const SearchedImage& facts) const { return answer(facts).value_or(false); }
  bool isEmpty() const { return terms_.empty(); }
  /// Asks nothing but names.
  bool asksNamesAlone() const;
  /// Each form with what it finds, for help beside a field and on the command line.
  static std::vector<std::pair<std::string, std::string>> syntax();

 private:
  enum class Kind { kName, kClass, kNumber };
  struct Term {
    Kind kind = Kind::kName;
    bool negated = false;
    std::string text;  ///< Lower case: of a name, a class.
    std::optional<double> SearchedImage::*number = nullptr;
    std::string relation;
    double bound = 0;
  };
  static bool holds(const Term& term, const SearchedImage& facts);

  std::vector<Term> terms_;
};

}  // namespace anchorscope
