#pragma once
// How well a text answers what was typed: its letters in their order, with gaps.

#include <QString>
#include <QStringView>
#include <optional>
#include <vector>

namespace anchorscope {

/// Case is of no matter, nor are spaces in what is typed. Immutable; any thread.
class FuzzyPattern {
 public:
  /// More than so many letters are not looked at, of a text no more than its first kLongestText.
  static constexpr int kLongest = 48, kLongestText = 256;

  explicit FuzzyPattern(QStringView typed = {});

  bool isEmpty() const { return letters_.empty(); }
  /// Letters at the beginning of words and beside each other count more, gaps less, texts that begin with it
  /// most; of texts that answer alike the shorter one is better. Nothing where a letter is missing. 0 for an
  /// empty pattern.
  std::optional<int> score(QStringView text) const;
  /// Where the letters are that the score was given for, ascending; empty where one is missing.
  std::vector<int> positions(QStringView text) const;
  /// Whether every text that answers this also answers the other.
  bool narrows(const FuzzyPattern& other) const;

 private:
  std::vector<char16_t> letters_;
};

}  // namespace anchorscope
