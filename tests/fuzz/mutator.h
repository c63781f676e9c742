#pragma once
// Inputs made from others by small changes, for the driver.

#include <string>
#include <vector>

#include "core/base/random.h"

namespace anchorscope::fuzz {

/// The same seed and the same inputs give the same sequence.
class Mutator {
 public:
  Mutator(std::uint64_t seed, std::vector<std::string> inputs);

  /// One of the inputs after one to eight changes; at most 1 MiB.
  std::string next();
  /// Adds an input to those that are changed.
  void add(std::string input);

 private:
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_.below(count)); }
  const std::string& anyInput() { return inputs_[below(inputs_.size())]; }
  std::string anyPart(const std::string& text, std::size_t longest);
  void change(std::string& text);
  void changeByte(std::string& text);
  void changeNumber(std::string& text);
  void changeDigits(std::string& text);

  Random random_;
  std::vector<std::string> inputs_;
};

}  // namespace anchorscope::fuzz
