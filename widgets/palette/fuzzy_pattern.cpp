#include "widgets/palette/fuzzy_pattern.h"

#include <QChar>
#include <algorithm>
#include <array>

namespace anchorscope {

namespace {

constexpr int kLetter = 16, kBeside = 16, kWord = 12, kFirst = 8, kGap = 3, kMostGap = 10;
constexpr int kNone = -1'000'000;

char16_t folded(QChar letter) {
  const char16_t code = letter.unicode();
  if (code < 0x80) return code >= u'A' && code <= u'Z' ? static_cast<char16_t>(code + 32) : code;
  return letter.toLower().unicode();
}

bool isLetter(QChar c) {
  const char16_t code = c.unicode();
  if (code < 0x80) return (code >= u'a' && code <= u'z') || (code >= u'A' && code <= u'Z');
  return c.isLetter();
}

bool isDigit(QChar c) {
  return c.unicode() >= u'0' && c.unicode() <= u'9';
}

/// After a space or sign, a capital after a small letter, a digit after none.
bool beginsWord(QStringView text, qsizetype at) {
  if (at == 0) return true;
  const QChar before = text[at - 1], here = text[at];
  if (!isLetter(here) && !isDigit(here)) return false;
  if (!isLetter(before) && !isDigit(before)) return true;
  if (isDigit(here)) return !isDigit(before);
  return isDigit(before) || (here.isUpper() && before.isLower());
}

using Scores = std::array<int, static_cast<std::size_t>(FuzzyPattern::kLongestText)>;

}  // namespace

FuzzyPattern::FuzzyPattern(QStringView typed) {
  for (const QChar letter : typed)
    if (!letter.isSpace() && letters_.size() < kLongest) letters_.push_back(folded(letter));
}

bool FuzzyPattern::narrows(const FuzzyPattern& other) const {
  return letters_.size() >= other.letters_.size() &&
         std::equal(other.letters_.begin(), other.letters_.end(), letters_.begin());
}

namespace {

/// Fills `rows`, if given, with the score of each letter at each place. The best score of the last letter.
int bestScore(const std::vector<char16_t>& letters, QStringView text, std::vector<std::vector<int>>* rows) {
  const qsizetype length = std::min<qsizetype>(text.size(), FuzzyPattern::kLongestText);
  std::array<char16_t, FuzzyPattern::kLongestText> small{};
  for (qsizetype at = 0; at < length; ++at)
    small[static_cast<std::size_t>(at)] = folded(text[at]);
  // Most texts lack a letter.
  qsizetype first = 0;
  std::size_t found = 0;
  for (qsizetype at = 0; at < length && found < letters.size(); ++at)
    if (small[static_cast<std::size_t>(at)] == letters[found]) {
      if (found == 0) first = at;
      ++found;
    }
  if (found < letters.size()) return kNone;
  // Of every letter the best score with it at each place, from that of the letter before.
  Scores above, here;
  int best = kNone;
  for (std::size_t letter = 0; letter < letters.size(); ++letter) {
    best = kNone;
    int apart = kNone;  // the letter before is at an earlier place than the one beside
    for (qsizetype at = 0; at < length; ++at) {
      const auto place = static_cast<std::size_t>(at);
      const int beside = letter > 0 && at > 0 ? above[place - 1] : kNone;
      int score = kNone;
      if (small[place] == letters[letter] && at >= first) {
        const int own = kLetter + (beginsWord(text, at) ? kWord : 0) + (at == 0 ? kFirst : 0);
        if (letter == 0)
          score = own - static_cast<int>(std::min<qsizetype>(at, kMostGap)) / 2;
        else if (const int from = std::max(beside > kNone ? beside + kBeside : kNone, apart); from > kNone)
          score = own + from;
      }
      here[place] = score;
      best = std::max(best, score);
      if (beside > kNone) apart = std::max(apart, beside - kGap);
    }
    if (rows) rows->emplace_back(here.begin(), here.begin() + length);
    std::swap(above, here);
  }
  return best;
}

}  // namespace

std::optional<int> FuzzyPattern::score(QStringView text) const {
  if (letters_.empty()) return 0;
  const int best = bestScore(letters_, text, nullptr);
  if (best <= kNone) return {};
  return best - static_cast<int>(std::min<qsizetype>(text.size(), 64)) / 8;
}

std::vector<int> FuzzyPattern::positions(QStringView text) const {
  if (letters_.empty()) return {};
  std::vector<std::vector<int>> rows;
  if (bestScore(letters_, text, &rows) <= kNone) return {};
  std::vector<int> out(letters_.size());
  // From the last letter's best place back, each from where its score came.
  for (std::size_t letter = letters_.size(); letter-- > 0;) {
    const auto& row = rows[letter];
    const auto last = letter + 1 == letters_.size() ? row.end() : row.begin() + out[letter + 1];
    auto at = std::max_element(row.begin(), last);
    // The one right before counts more than its score says.
    if (letter + 1 < letters_.size() && last != row.begin() && *(last - 1) > kNone &&
        *(last - 1) + kBeside >= *at - kGap)
      at = last - 1;
    out[letter] = static_cast<int>(at - row.begin());
  }
  return out;
}

}  // namespace anchorscope
