#include "core/watch/watch_list.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/check.h"
#include "core/base/numbers.h"
#include "core/base/text.h"
#include "core/base/words.h"

namespace anchorscope {
namespace {

constexpr std::string_view kOff = "off";
constexpr std::string_view kAt = " [at ";
constexpr std::string_view kImage = " image=";
constexpr std::string_view kSays = " → ";  // no condition holds it

/// The first word, which is taken off the text.
std::string takeWord(std::string_view& text) {
  text = withoutSpaces(text);
  const std::size_t end = std::min(text.size(), text.find_first_of(" \t\n"));
  std::string word(text.substr(0, end));
  text = withoutSpaces(text.substr(end));
  return word;
}

Result<const WatchKind*> kindOf(const std::string& name) {
  std::vector<std::string> names;
  for (const WatchKind& kind : watchKinds()) {
    if (kind.name == name) return &kind;
    names.push_back(kind.name);
  }
  return makeError(ErrorCode::kUsage, "There is no such watchpoint",
                   concat("Did you mean ", join(nearestNames(name, names), " or "), "?"));
}

Result<AskedWatch> asked(std::string_view text) {
  AskedWatch out;
  std::string name = takeWord(text);
  if (name == kOff) {
    out.on = false;
    name = takeWord(text);
  }
  auto kind = kindOf(name);
  if (!kind) return std::move(kind).error();
  out.kind = name;
  out.params = ParamSet((*kind)->params);
  if (!(*kind)->wholeText.empty()) {
    ANCHORSCOPE_TRY(out.params.set((*kind)->wholeText, text));
  } else {
    for (const std::string& word : wordsOf(std::string(text))) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos)
        return makeError(ErrorCode::kUsage, concat("'", word, "' is no option with its value"),
                         "Write options as name=value, without spaces around '='");
      ANCHORSCOPE_TRY(out.params.set(word.substr(0, equals), word.substr(equals + 1)));
    }
  }
  auto made = (*kind)->make(out.params);
  if (!made) return std::move(made).error();
  return out;
}

}  // namespace

std::string AskedWatch::text() const {
  std::string text = kind;
  for (const ParamSpec& spec : params.specs()) {
    if (params.isDefault(spec.name)) continue;
    const std::string value = toText(params.get(spec.name));
    const auto own = kindOf(kind);
    text += own && (*own)->wholeText == spec.name ? concat(' ', value) : concat(' ', spec.name, '=', value);
  }
  return text;
}

Result<std::vector<AskedWatch>> askedWatches(const std::string& text) {
  std::vector<AskedWatch> watches;
  std::istringstream all(text);
  for (std::string one; std::getline(all, one, ';');) {
    const std::string_view written = withoutSpaces(one);
    if (written.empty()) continue;
    auto watch = asked(written);
    if (!watch)
      return makeError(watch.error().code,
                       concat("The watchpoint '", printable(written), "': ", watch.error().message),
                       watch.error().action);
    watches.push_back(*std::move(watch));
  }
  return watches;
}

std::string watchText(const std::vector<AskedWatch>& watches) {
  std::vector<std::string> parts;
  for (const AskedWatch& watch : watches)
    parts.push_back(watch.on ? watch.text() : concat(kOff, ' ', watch.text()));
  return join(parts, "; ");
}

Result<WatchList> WatchList::make(const std::string& text, const std::vector<std::string>& declared) {
  auto watches = askedWatches(text);
  if (!watches) return std::move(watches).error();
  WatchList list;
  for (const AskedWatch& asked : *watches) {
    if (!asked.on) continue;
    auto kind = kindOf(asked.kind);
    if (!kind) return std::move(kind).error();
    auto watch = (*kind)->make(asked.params);
    if (!watch) return std::move(watch).error();
    if (Status status = (*watch)->check(declared); !status)
      return makeError(status.error().code,
                       concat("The watchpoint '", printable(asked.text()), "': ", status.error().message),
                       status.error().action);
    list.watches_.push_back({asked.text(), *std::move(watch)});
  }
  return list;
}

bool WatchList::looksAt(WatchSource source) const {
  return std::any_of(watches_.begin(), watches_.end(),
                     [&](const Entry& entry) { return entry.watch->source() == source; });
}

std::vector<WatchReport> WatchList::see(const std::vector<ScalarValue>& scalars) {
  std::vector<WatchReport> reports;
  for (const Entry& entry : watches_)
    if (entry.watch->source() == WatchSource::kScalars)
      if (auto hit = entry.watch->seeStep(scalars)) reports.push_back({entry.text, *std::move(hit)});
  return reports;
}

std::vector<WatchReport> WatchList::see(WatchSource source,
                                        const std::vector<std::shared_ptr<const ProbeFrame>>& frames) {
  std::vector<WatchReport> reports;
  for (const Entry& entry : watches_)
    if (entry.watch->source() == source)
      if (auto hit = entry.watch->seeFrames(frames)) reports.push_back({entry.text, *std::move(hit)});
  return reports;
}

std::string watchEventText(const WatchReport& report) {
  std::string text = concat(report.watch, kSays, report.hit.what);
  const WatchPlace& where = report.hit.where;
  if (where.image.empty()) return text;
  text += kAt;
  std::vector<std::string> parts;
  if (!where.stage.empty()) parts.push_back(concat("stage=", where.stage));
  if (where.object >= 0) parts.push_back(concat("object=", where.object));
  if (!where.candidates.empty()) {
    std::vector<std::string> numbers;
    for (const std::int32_t candidate : where.candidates)
      numbers.push_back(std::to_string(candidate));
    parts.push_back(concat("candidates=", join(numbers, ",")));
  }
  // Last, since an image's name may hold anything.
  return concat(text, join(parts, " "), kImage, where.image, ']');
}

WatchReport readWatchEvent(const std::string& text) {
  WatchReport report;
  std::string said = text;
  const std::size_t at = text.find(kAt);
  const std::size_t image = at == std::string::npos ? at : text.find(kImage, at + kAt.size() - 1);
  if (image != std::string::npos && text.ends_with(']')) {
    said = text.substr(0, at);
    WatchPlace& where = report.hit.where;
    const std::size_t name = image + kImage.size();
    where.image = text.substr(name, text.size() - 1 - name);
    const std::size_t first = at + kAt.size();
    for (const std::string& word : wordsOf(image > first ? text.substr(first, image - first) : "")) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) continue;
      const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
      if (key == "stage") where.stage = value;
      if (key == "object") where.object = parseNumber<std::int32_t>(value).value_or(-1);
      if (key == "candidates")
        for (const std::string_view item : listItems(value))
          if (const auto number = parseNumber<std::int32_t>(item)) where.candidates.push_back(*number);
    }
  }
  const std::size_t says = said.find(kSays);
  if (says != std::string::npos) {
    report.watch = said.substr(0, says);
    report.hit.what = said.substr(says + kSays.size());
  } else {
    report.hit.what = said;
  }
  return report;
}

}  // namespace anchorscope
