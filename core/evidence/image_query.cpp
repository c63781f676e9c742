#include "core/evidence/image_query.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/base/param.h"
#include "core/evidence/object_story.h"

namespace anchorscope {

namespace {

struct Number {
  const char* name;
  std::optional<double> SearchedImage::*value;
  const char* help;
  bool state;  ///< Its name alone asks for one at least.
};

constexpr Number kNumbers[] = {
    {"objects", &SearchedImage::objects, "how many objects are labelled", false},
    {"size", &SearchedImage::smallest, "side of the smallest object, px of the image", false},
    {"starved", &SearchedImage::starved, "objects that nothing trains on", true},
    {"contested", &SearchedImage::contested, "objects that lose much of what reaches them", true},
    {"served", &SearchedImage::served, "objects that are neither", true},
    {"ignored", &SearchedImage::ignored, "objects that are not trained on", true},
    {"loss", &SearchedImage::loss, "loss of the candidates that objects have", false},
    {"iou", &SearchedImage::worstIou, "smallest of the objects' best predicted IoU", false},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// Words apart by spaces; what stands in quotes is one.
Result<std::vector<std::string>> words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\n')) {
      if (any || !word.empty()) out.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  if (quoted) return makeError(ErrorCode::kUsage, "A quotation mark has no other one", "Close it");
  if (any || !word.empty()) out.push_back(word);
  return out;
}

std::optional<double> parseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::string numberNames() {
  std::vector<std::string> names;
  for (const Number& number : kNumbers)
    names.emplace_back(number.name);
  return join(names, ", ");
}

}  // namespace

SearchedImage imageFacts(const ProbeImage& image, const std::vector<std::string>& classNames) {
  SearchedImage facts;
  facts.name = image.name;
  facts.objects = static_cast<double>(image.objects.size());
  double ignored = 0;
  for (const ObjectRecord& object : image.objects) {
    const std::string name =
        object.classIndex >= 0 && static_cast<std::size_t>(object.classIndex) < classNames.size()
            ? classNames[static_cast<std::size_t>(object.classIndex)]
            : concat("class ", object.classIndex);
    if (std::ranges::find(facts.classes, name) == facts.classes.end()) facts.classes.push_back(name);
    const double side = std::sqrt(std::max(0.0, static_cast<double>(object.boxInImage.width()) *
                                                    static_cast<double>(object.boxInImage.height())));
    facts.smallest = std::min(facts.smallest.value_or(side), side);
    ignored += object.ignored ? 1 : 0;
  }
  facts.ignored = ignored;
  return facts;
}

SearchedImage imageFacts(const ProbeFrame& frame) {
  static const std::vector<std::string> kNoNames;
  SearchedImage facts = imageFacts(*frame.image, frame.classNames ? *frame.classNames : kNoNames);
  // Later stages decide what is detected.
  for (auto stage = frame.stages.rbegin(); stage != frame.stages.rend(); ++stage) {
    const StageEvidence& evidence = **stage;
    if (const ObjectColumn* best = evidence.objectColumn("iou.best"); best && !facts.worstIou)
      for (std::size_t i = 0; i < best->values.size() && i < frame.image->objects.size(); ++i)
        if (const auto iou = static_cast<double>(best->values[i]);
            !std::isnan(iou) && !frame.image->objects[i].ignored)
          facts.worstIou = std::min(facts.worstIou.value_or(iou), iou);
    if (facts.starved) continue;
    double starved = 0, contested = 0, served = 0, loss = 0;
    bool told = false, anyLoss = false;
    for (const ObjectStory& story : explainObjects(evidence)) {
      told = told || (story.state != ObjectState::kUnknown && story.state != ObjectState::kIgnored);
      starved += story.state == ObjectState::kStarved;
      contested += story.state == ObjectState::kContested;
      served += story.state == ObjectState::kServed;
      for (const CandidateLoss& part : story.losses)
        if (!std::isnan(part.value)) {
          loss += static_cast<double>(part.value);
          anyLoss = true;
        }
    }
    if (told) {
      facts.starved = starved;
      facts.contested = contested;
      facts.served = served;
    } else if (const ObjectColumn* column = evidence.objectColumn(kStarvedColumn)) {
      facts.starved =
          static_cast<double>(std::ranges::count_if(column->values, [](float v) { return v > 0; }));
    }
    if (anyLoss) facts.loss = loss;
  }
  return facts;
}

Result<ImageQuery> ImageQuery::parse(std::string_view text) {
  const auto parts = words(text);
  if (!parts) return parts.error();
  ImageQuery query;
  for (const std::string& part : *parts) {
    Term term;
    std::string_view rest = part;
    if (rest.size() > 1 && rest.front() == '-') {
      term.negated = true;
      rest.remove_prefix(1);
    }
    const std::size_t sign = rest.find_first_of("<>=");
    const std::size_t colon = rest.find(':');
    // A name or a class may hold any sign.
    const std::string prefix = lower(rest.substr(0, std::min(colon, rest.size())));
    const bool names = colon != std::string_view::npos && (prefix == "name" || prefix == "class");
    if (!names && sign != std::string_view::npos && sign > 0) {
      const std::string name = lower(rest.substr(0, sign));
      const auto known = std::ranges::find(kNumbers, name, &Number::name);
      if (known == std::end(kNumbers))
        return makeError(ErrorCode::kUsage, concat("'", name, "' is no number of an image"),
                         concat("There are ", numberNames()));
      std::size_t end = sign + 1;
      if (end < rest.size() && rest[end] == '=') ++end;
      term.relation = rest.substr(sign, end - sign);
      const auto bound = parseNumber(rest.substr(end));
      if (!bound || term.relation == "==")
        return makeError(ErrorCode::kUsage, concat("'", part, "' compares with no number"),
                         concat("Write for example ", name, ">1"));
      term.kind = Kind::kNumber;
      term.number = known->value;
      term.bound = *bound;
    } else if (colon != std::string_view::npos && colon > 0) {
      if (!names)
        return makeError(ErrorCode::kUsage, concat("'", prefix, ":' is not understood"),
                         "There are class: and name:; a name with a colon stands in quotes after name:");
      term.kind = prefix == "class" ? Kind::kClass : Kind::kName;
      term.text = lower(rest.substr(colon + 1));
      if (term.text.empty())
        return makeError(ErrorCode::kUsage, concat("'", part, "' names nothing"),
                         concat("Write for example ", prefix, ":dog"));
    } else if (const auto state = std::ranges::find_if(
                   kNumbers,
                   [&](const Number& number) { return number.state && lower(rest) == number.name; });
               state != std::end(kNumbers)) {
      term.kind = Kind::kNumber;
      term.number = state->value;
      term.relation = ">";
    } else {
      term.text = lower(rest);
    }
    query.terms_.push_back(std::move(term));
  }
  return query;
}

bool ImageQuery::holds(const Term& term, const SearchedImage& facts) {
  switch (term.kind) {
    case Kind::kName:
      return lower(facts.name).find(term.text) != std::string::npos;
    case Kind::kClass:
      return std::ranges::any_of(facts.classes, [&](const std::string& name) {
        return lower(name).find(term.text) != std::string::npos;
      });
    case Kind::kNumber:
      break;
  }
  const double value = *(facts.*term.number);
  if (term.relation == ">") return value > term.bound;
  if (term.relation == ">=") return value >= term.bound;
  if (term.relation == "<") return value < term.bound;
  if (term.relation == "<=") return value <= term.bound;
  return value == term.bound;
}

std::optional<bool> ImageQuery::answer(const SearchedImage& facts) const {
  bool known = true;
  for (const Term& term : terms_) {
    const bool missing = (term.kind == Kind::kNumber && !(facts.*term.number)) ||
                         (term.kind == Kind::kClass && !facts.objects);
    if (missing)
      known = false;
    else if (holds(term, facts) == term.negated)
      return false;
  }
  return known ? std::optional(true) : std::nullopt;
}

bool ImageQuery::asksNamesAlone() const {
  return std::ranges::all_of(terms_, [](const Term& term) { return term.kind == Kind::kName; });
}

std::vector<std::pair<std::string, std::string>> ImageQuery::syntax() {
  std::vector<std::pair<std::string, std::string>> out{
      {"word", "the name holds it; \"two words\" in quotes"},
      {"class:dog", "an object's class holds it"},
  };
  for (const Number& number : kNumbers)
    out.emplace_back(
        number.state ? concat(number.name, " or ", number.name, ">2") : concat(number.name, "<1"),
        number.help);
  out.emplace_back("-anything", "what does not hold");
  return out;
}

}  // namespace anchorscope
