#pragma once
// View header. Which of a run's scalars stand for what is learnt, where there is room for a few: in lines of
// text and in the curves that are shown first.

#include <algorithm>
#include <string>
#include <vector>

namespace anchorscope {

/// Of these names of scalars: the losses of classes and boxes; of a detector of several stages, those of
/// each; of a method that learns both by one loss, its losses; else the total. In the order of the first that
/// fits.
inline std::vector<std::string> mainLosses(const std::vector<std::string>& names) {
  const auto those = [&](auto&& fits) {
    std::vector<std::string> out;
    std::ranges::copy_if(names, std::back_inserter(out), fits);
    return out;
  };
  const auto isShare = [](const std::string& name) {
    return name == "loss.total" || name.ends_with("_normalizer") || name.ends_with("_fg") ||
           name.ends_with("_bg");
  };
  auto found = those([](const std::string& name) { return name == "loss.cls" || name == "loss.loc"; });
  if (found.empty())
    found = those(
        [](const std::string& name) { return name.ends_with(".loss.cls") || name.ends_with(".loss.loc"); });
  if (found.empty())
    found = those([&](const std::string& name) { return name.starts_with("loss.") && !isShare(name); });
  if (found.empty()) found = those([](const std::string& name) { return name == "loss.total"; });
  return found;
}

/// "cls" of "loss.cls", "rpn cls" of "rpn.loss.cls".
inline std::string lossLabel(std::string name) {
  if (const auto at = name.find("loss."); at != std::string::npos) name.erase(at, 5);
  std::ranges::replace(name, '.', ' ');
  return name;
}

}  // namespace anchorscope
