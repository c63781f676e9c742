#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace anchorscope::fuzz {
namespace {

constexpr std::size_t kLongest = 1U << 20U;
/// Where arithmetic of sizes goes wrong.
constexpr std::array<std::uint64_t, 16> kNumbers = {0,
                                                    1,
                                                    2,
                                                    0x7f,
                                                    0x80,
                                                    0xff,
                                                    0x7fff,
                                                    0x8000,
                                                    0xffff,
                                                    0x7fffffff,
                                                    0x80000000,
                                                    0xffffffff,
                                                    0x100000000,
                                                    1ULL << 62,
                                                    0x7fffffffffffffffULL,
                                                    0xffffffffffffffffULL};
constexpr std::array<const char*, 14> kDigits = {"0",
                                                 "-1",
                                                 "1e308",
                                                 "-1e308",
                                                 "1e-320",
                                                 "nan",
                                                 "inf",
                                                 "9223372036854775807",
                                                 "9223372036854775808",
                                                 "18446744073709551616",
                                                 "2147483648",
                                                 "1000000000",
                                                 "0.5",
                                                 "00000000000000000001"};

}  // namespace

Mutator::Mutator(std::uint64_t seed, std::vector<std::string> inputs)
    : random_(Random::of(seed, RandomPurpose::kTest)), inputs_(std::move(inputs)) {
  if (inputs_.empty()) inputs_.emplace_back("x");
}

void Mutator::add(std::string input) {
  inputs_.push_back(std::move(input));
}

std::string Mutator::anyPart(const std::string& text, std::size_t longest) {
  if (text.empty()) return {};
  const std::size_t start = below(text.size());
  return text.substr(start, 1 + below(std::min(longest, text.size() - start)));
}

void Mutator::changeByte(std::string& text) {
  char& byte = text[below(text.size())];
  byte = random_.below(2) == 0 ? static_cast<char>(byte ^ (1 << below(8))) : static_cast<char>(below(256));
}

void Mutator::changeNumber(std::string& text) {
  const std::size_t width = std::size_t{1} << below(4);
  if (text.size() < width) return;
  const std::size_t at = below(text.size() - width + 1);
  const bool bigEndian = random_.below(4) == 0;
  const std::uint64_t number = kNumbers[below(kNumbers.size())] + random_.below(3) - 1;
  for (std::size_t i = 0; i < width; ++i)
    text[at + i] = static_cast<char>(number >> (8 * (bigEndian ? width - 1 - i : i)));
}

void Mutator::changeDigits(std::string& text) {
  const std::size_t from = below(text.size());
  const auto isDigit = [](char letter) { return std::isdigit(static_cast<unsigned char>(letter)) != 0; };
  const auto start = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), isDigit);
  const auto end = std::find_if_not(start, text.end(), isDigit);
  text.replace(start, end, kDigits[below(kDigits.size())]);
}

void Mutator::change(std::string& text) {
  if (text.empty()) text = anyInput();
  if (text.empty()) text = "x";
  constexpr std::size_t kPart = 64;
  const std::size_t at = below(text.size());
  switch (below(10)) {
    case 0:
    case 1:
      changeByte(text);
      break;
    case 2:
      changeNumber(text);
      break;
    case 3:
      changeDigits(text);
      break;
    case 4:
      text.erase(at, 1 + below(kPart));
      break;
    case 5:
      text.insert(at, anyPart(text, kPart));
      break;
    case 6:
      text.insert(at, anyPart(anyInput(), kPart));
      break;
    case 7: {
      const std::string part = anyPart(anyInput(), kPart);
      text.replace(at, part.size(), part);
      break;
    }
    case 8: {  // much of the same
      const std::string part = anyPart(text, 8);
      std::string many;
      for (std::size_t count = std::size_t{1} << below(12); count > 0; --count)
        many += part;
      text.insert(at, many);
      break;
    }
    default:
      text.resize(at);
  }
  if (text.size() > kLongest) text.resize(kLongest);
}

std::string Mutator::next() {
  std::string text = anyInput();
  for (std::size_t changes = std::size_t{1} << below(4); changes > 0; --changes)
    change(text);
  return text;
}

}  // namespace anchorscope::fuzz
