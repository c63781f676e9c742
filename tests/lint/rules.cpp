#include "tests/lint/rules.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace anchorscope::lint {
namespace {

constexpr int kLongFileLines = 600;

bool isQt(const std::string& include) {
  static const std::regex kQt(R"(^(Qt[A-Z]\w*/|Q[A-Z]\w*$|qcustomplot\.h|q[a-z]+\.h$))");
  return std::regex_search(include, kQt);
}

bool isTorch(const std::string& include) {
  return include.starts_with("torch/") || include.starts_with("ATen/") || include.starts_with("c10/") ||
         include.starts_with("caffe2/");
}

bool isOpenCv(const std::string& include) {
  return include.starts_with("opencv2/");
}

bool isCuda(const std::string& include) {
  return include.starts_with("cuda") || include.starts_with("cub/");
}

bool isForbiddenInViewHeaders(const std::string& include) {
  return isTorch(include) || isOpenCv(include) || isCuda(include);
}

/// The first include from outside that `is` holds for; empty when there is none.
std::string reached(const SourceTree& tree, const SourceFile& file,
                    const std::function<bool(const std::string&)>& is) {
  const auto& outside = tree.outsideIncludes(file);
  const auto found = std::ranges::find_if(outside, is);
  return found == outside.end() ? std::string{} : *found;
}

std::ptrdiff_t lineOf(const std::string& text, std::ptrdiff_t position) {
  return 1 + std::count(text.begin(), text.begin() + position, '\n');
}

/// The headings of a Markdown text by the names GitHub gives them: small letters, no punctuation, hyphens.
std::set<std::string> headingsOf(const std::string& markdown) {
  std::set<std::string> headings;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) continue;
    std::string name;
    for (const char letter : line.substr(std::min(line.size(), line.find_first_not_of("# "))))
      if (letter == ' ')
        name += '-';
      else if (std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-' || letter == '_')
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    headings.insert(name);
  }
  return headings;
}

/// The lines of the comment after #pragma once (or at the top), without slashes.
std::string purposeOf(const SourceFile& file) {
  std::istringstream lines(file.text);
  std::string purpose;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("//")) {
      purpose += line.substr(std::min(line.size(), line.find_first_not_of("/ ")));
      purpose += ' ';
    } else if (!purpose.empty() || !(line.empty() || line.starts_with("#pragma once"))) {
      break;
    }
  }
  return purpose;
}

/// The folder of core that a path lies in: "data" for core/data/x.h, "ops/cuda" for core/ops/cuda/x.h.
std::string coreFolder(const std::string& path) {
  if (path.starts_with("core/ops/cuda/")) return "ops/cuda";
  const std::size_t end = path.find('/', 5);
  return end == std::string::npos ? std::string{} : path.substr(5, end - 5);
}

/// What each folder of core may include besides itself.
const std::map<std::string, std::set<std::string>>& allowedFolders() {
  static const std::map<std::string, std::set<std::string>> kAllowed = [] {
    std::map<std::string, std::set<std::string>> allowed;
    allowed["base"] = {};
    allowed["evidence"] = {"base"};
    allowed["ops/cuda"] = {
        "base", "ops"};  // ops for the shared formula headers; kernelsWithoutAten() bounds the rest
    allowed["ops"] = {"base", "evidence", "ops/cuda"};
    allowed["data"] = {"base", "evidence"};
    const std::set<std::string> upToOps = {"base", "evidence", "ops"};
    for (const char* folder : {"parts", "model"})
      allowed[folder] = upToOps;
    for (const char* folder : {"assigners", "samplers", "losses"}) {
      allowed[folder] = upToOps;
      allowed[folder].insert("parts");
    }
    allowed["losses"].insert("samplers");
    allowed["methods"] = {"base", "evidence", "ops", "parts", "assigners", "samplers", "losses"};
    allowed["eval"] = {"base", "evidence", "ops", "data"};
    allowed["store"] = {"base", "evidence"};
    allowed["findings"] = {"base", "evidence", "data", "store"};
    allowed["statistics"] = {"base", "evidence", "store"};
    allowed["watch"] = {"base", "evidence", "store", "findings"};
    allowed["trainer"] = {"base",     "evidence", "ops",     "parts", "data",  "model",    "assigners",
                          "samplers", "losses",   "methods", "eval",  "store", "findings", "watch"};
    allowed["session"] = allowed["conformance"] = allowed["trainer"];
    allowed["session"].insert("trainer");
    allowed["conformance"].insert("trainer");
    allowed["compare"] = allowed["session"];
    allowed["compare"].insert("session");
    return allowed;
  }();
  return kAllowed;
}

}  // namespace

Violations coreWithoutQt(const SourceTree& tree) {
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isBelow("core")) continue;
    if (const std::string qt = reached(tree, file, isQt); !qt.empty())
      violations.push_back(file.path + ": reaches Qt's <" + qt + ">; nothing in core may");
  }
  return violations;
}

Violations widgetsSeeOnlyViewHeaders(const SourceTree& tree) {
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isBelow("widgets")) continue;
    for (const std::string& include : file.includes) {
      if (isForbiddenInViewHeaders(include))
        violations.push_back(file.path + ": includes <" + include + ">; widgets may see view headers only");
      const SourceFile* header = tree.find(include);
      if (header == nullptr || !header->isBelow("core")) continue;
      if (const std::string heavy = reached(tree, *header, isForbiddenInViewHeaders); !heavy.empty())
        violations.push_back(file.path + ": includes " + include + ", which is no view header: it reaches <" +
                             heavy + ">");
    }
  }
  return violations;
}

Violations neverQtWithTorch(const SourceTree& tree) {
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    const std::string qt = reached(tree, file, isQt), torch = reached(tree, file, isTorch);
    if (!qt.empty() && !torch.empty())
      violations.push_back(file.path + ": reaches both Qt's <" + qt + "> and LibTorch's <" + torch + ">");
  }
  return violations;
}

Violations viewHeadersAreTorchFree(const SourceTree& tree) {
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isHeader() || !purposeOf(file).starts_with("View header")) continue;
    if (const std::string heavy = reached(tree, file, isForbiddenInViewHeaders); !heavy.empty())
      violations.push_back(file.path + ": calls itself a view header, but reaches <" + heavy + ">");
  }
  return violations;
}

Violations foldersDependDownwards(const SourceTree& tree) {
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isBelow("core")) {
      continue;
    }
    const std::string from = coreFolder(file.path);
    const auto allowed = allowedFolders().find(from);
    if (file.isCode() && allowed == allowedFolders().end()) {
      violations.push_back(file.path + ": core/" + from +
                           " has no place in the order of the folders (tests/lint/rules.cpp)");
      continue;
    }
    for (const std::string& include : file.includes) {
      if (include.starts_with("widgets/") || include.starts_with("app/") || include.starts_with("tests/"))
        violations.push_back(file.path + ": core may not include " + include);
      if (!include.starts_with("core/")) continue;
      const std::string to = coreFolder(include);
      if (to != from && !allowed->second.contains(to))
        violations.push_back(file.path + ": core/" + from + " may not include " + include);
    }
  }
  return violations;
}

Violations heavyHeadersInTheirPlace(const SourceTree& tree) {
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    for (const std::string& include : file.includes) {
      if (isOpenCv(include) && file.path != "core/data/image_io.cpp")
        violations.push_back(file.path + ": includes <" + include +
                             ">; OpenCV belongs in core/data/image_io.cpp");
      if (include == "torch/torch.h" || include == "torch/all.h" || include == "torch/extension.h")
        violations.push_back(file.path + ": includes <" + include +
                             ">, 13 s of compile time; name the parts needed");
      const bool isModule = include.starts_with("torch/nn") || include.starts_with("torch/optim");
      const bool mayUse = file.isBelow("core/model") || file.isBelow("core/trainer") || file.isBelow("tests");
      if (isModule && !mayUse)
        violations.push_back(file.path + ": includes <" + include +
                             ">; modules belong in core/model and core/trainer");
    }
  }
  return violations;
}

Violations parallelLoopsInOnePlace(const SourceTree& tree) {
  static const std::regex kLoop("\\bat::parallel_(for|reduce)\\(");
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isCode() || file.path == "core/ops/parallel.cpp") continue;
    std::smatch match;
    if (std::regex_search(file.text, match, kLoop))
      violations.push_back(file.path + ":" + std::to_string(lineOf(file.text, match.position())) + ": '" +
                           match.str() + "' runs on one thread here; use parallelFor (core/ops/parallel.h)");
  }
  return violations;
}

Violations kernelsWithoutAten(const SourceTree& tree) {
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isBelow("core/ops/cuda")) continue;
    if (const std::string torch = reached(tree, file, isTorch); !torch.empty())
      violations.push_back(file.path + ": reaches <" + torch + ">; kernels take raw pointers");
  }
  return violations;
}

Violations kernelsAreLaunchedInOnePlace(const SourceTree& tree) {
  static const std::regex kLaunch(
      "<<"
      "<|\\bcudaLaunch(Kernel|Cooperative)\\w*");
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isCode() || file.path == "core/ops/cuda/launch.h" || file.isBelow("tests")) continue;
    std::smatch match;
    if (std::regex_search(file.text, match, kLaunch))
      violations.push_back(file.path + ":" + std::to_string(lineOf(file.text, match.position())) + ": '" +
                           match.str() + "' launches a kernel; use kernels::launch (core/ops/cuda/launch.h)");
  }
  return violations;
}

Violations quotedIncludesExist(const SourceTree& tree) {
  static const std::regex kQuoted(R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*"([^"]+)")re");
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isCode() || file.isBelow("tests/lint")) continue;
    for (std::sregex_iterator match(file.text.begin(), file.text.end(), kQuoted), end; match != end;
         ++match) {
      const std::string include = (*match)[1];
      const bool generated =
          include.ends_with(".moc") || include.starts_with("ui_") || include.starts_with("moc_");
      if (!generated && tree.find(include) == nullptr)
        violations.push_back(file.path + ": \"" + include +
                             "\" is no file of the project (paths begin at the root)");
    }
  }
  return violations;
}

Violations headersSayTheirPurpose(const SourceTree& tree) {
  constexpr std::size_t kShortestPurpose = 20;
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.isHeader()) continue;
    if (file.text.find("#pragma once\n") == std::string::npos)
      violations.push_back(file.path + ": has no #pragma once");
    if (purposeOf(file).size() < kShortestPurpose)
      violations.push_back(file.path + ": does not begin with a comment that says what it is for");
  }
  return violations;
}

Violations longFilesHaveAReason(const SourceTree& tree, const std::map<std::string, std::string>& reasons) {
  Violations violations;
  std::set<std::string> used;
  for (const SourceFile& file : tree.files()) {
    if (!file.isCode() && !file.path.ends_with(".py")) continue;
    const auto lines = std::ranges::count(file.text, '\n');
    if (lines <= kLongFileLines) continue;
    if (const auto reason = reasons.find(file.path); reason != reasons.end() && !reason->second.empty())
      used.insert(file.path);
    else
      violations.push_back(file.path + ": " + std::to_string(lines) +
                           " lines; split it, or say in tests/lint/long_files.txt why it has one subject");
  }
  for (const auto& [path, reason] : reasons)
    if (!used.contains(path))
      violations.push_back("tests/lint/long_files.txt: " + path + " is not that long (any more)");
  return violations;
}

Violations markdownLinksLead(const SourceTree& tree) {
  static const std::regex kLink(R"(\]\(([^)\s]+)\))");
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    if (!file.path.ends_with(".md")) continue;
    for (std::sregex_iterator match(file.text.begin(), file.text.end(), kLink), end; match != end; ++match) {
      const std::string link = (*match)[1];
      if (link.starts_with("https://")) continue;
      const std::size_t mark = std::min(link.find('#'), link.size());
      const std::string path = mark == 0
                                   ? file.path
                                   : (std::filesystem::path(file.path).parent_path() / link.substr(0, mark))
                                         .lexically_normal()
                                         .string();
      const SourceFile* text = tree.find(path);
      if (!tree.has(path) || (mark < link.size() &&
                              (text == nullptr || !headingsOf(text->text).contains(link.substr(mark + 1)))))
        violations.push_back(file.path + ":" + std::to_string(lineOf(file.text, match->position())) + ": '" +
                             link + "' leads nowhere");
    }
  }
  return violations;
}

Violations bannedText(const SourceTree& tree) {
  struct Ban {
    std::regex pattern;
    std::string reason;
    bool codeOnly;
  };
  // The literals are split so that this file does not hold what it looks for.
  static const std::vector<Ban> kBans = {
      {std::regex("(^|[^[:alnum:]_.])/(work|farm|root)"
                  "/"),
       "is a path of one machine", false},
      {std::regex("/tmp"
                  "/as\\b"),
       "is a path of one machine", false},
      {std::regex("pypi\\.or"
                  "g|pythonhosted\\.or"
                  "g|download\\.pytorc"
                  "h|deb\\.debia"
                  "n\\.org"),
       "names a registry's host; use the machine's configuration", false},
      {std::regex("\\b(TO"
                  "DO|FIX"
                  "ME|XX"
                  "X)\\b"),
       "is a note of unfinished work", false},
      {std::regex("BlockingQueued"
                  "Connection"),
       "lets one thread wait for the window's", true},
      {std::regex("GTEST_SKIP\\(\\)"
                  ";"),
       "skips without a reason", true},
      {std::regex("\\bDISABLED"
                  "_"),
       "switches a test off", true},
      {std::regex("sleep_"
                  "for|\\bus"
                  "leep\\(|QTest::q"
                  "Sleep"),
       "sleeps; wait for what you wait for", true},
  };
  Violations violations;
  for (const SourceFile& file : tree.files()) {
    for (const Ban& ban : kBans) {
      if (ban.codeOnly && !file.isCode()) continue;
      std::smatch match;
      if (std::regex_search(file.text, match, ban.pattern))
        violations.push_back(file.path + ":" + std::to_string(lineOf(file.text, match.position())) + ": '" +
                             match.str() + "' " + ban.reason);
    }
  }
  return violations;
}

std::map<std::string, std::string> readReasons(const std::string& text) {
  std::map<std::string, std::string> reasons;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string path, reason;
    words >> path >> std::ws;
    std::getline(words, reason);
    reasons[path] = reason;
  }
  return reasons;
}

}  // namespace anchorscope::lint
