#include "core/data/yolo_labels.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/base/check.h"

namespace anchorscope {
namespace {

namespace fs = std::filesystem;

struct Numbers {
  std::vector<double> values;
  bool lastIsWhole = false;  ///< Written without a decimal point.
  std::string wrong;
};

Numbers numbersOf(std::string_view line) {
  Numbers out;
  for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
    const std::string_view field = line.substr(0, line.find_first_of(" \t"));
    const std::optional<double> number = parseNumber(field);
    if (!number) {
      out.wrong = concat("'", field.substr(0, 40), "' is not a number");
      return out;
    }
    out.values.push_back(*number);
    out.lastIsWhole = field.find_first_not_of("0123456789") == std::string_view::npos;
    line.remove_prefix(field.size());
  }
  return out;
}

RawBox boxOf(const std::vector<double>& numbers) {
  return {numbers[1] - numbers[3] / 2, numbers[2] - numbers[4] / 2, numbers[1] + numbers[3] / 2,
          numbers[2] + numbers[4] / 2};
}

RawBox aroundPolygon(const std::vector<double>& numbers) {
  RawBox box{numbers[1], numbers[2], numbers[1], numbers[2]};
  for (std::size_t i = 3; i + 1 < numbers.size(); i += 2) {
    const double x = numbers[i], y = numbers[i + 1];
    // A NaN must reach the check of the box, which min and max would hide.
    box.x1 = std::isnan(x) ? x : std::min(box.x1, x), box.x2 = std::max(box.x2, x);
    box.y1 = std::isnan(y) ? y : std::min(box.y1, y), box.y2 = std::max(box.y2, y);
  }
  return box;
}

}  // namespace

std::vector<YoloLine> readYoloLines(std::string_view text, std::size_t keyPointNumbers) {
  using Form = YoloLine::Form;
  std::vector<Numbers> lines;
  bool tracks = true;
  for (const std::string_view line : linesOf(text)) {
    lines.push_back(numbersOf(line));
    const std::size_t count = lines.back().values.size();
    if ((count == 7 && !lines.back().lastIsWhole) || count > 7) tracks = false;
  }
  std::vector<YoloLine> out;
  for (const Numbers& line : lines) {
    YoloLine& label = out.emplace_back();
    const std::size_t count = line.values.size();
    if (!line.wrong.empty()) {
      label.form = Form::kWrong;
      label.wrong = line.wrong;
      continue;
    }
    if (count == 0) continue;
    if (count == 5) {
      label.form = Form::kBox;
    } else if (keyPointNumbers > 0) {
      label.form = count == 5 + keyPointNumbers ? Form::kKeyPoints : Form::kWrong;
      if (label.form == Form::kWrong)
        label.wrong = concat(count, " numbers; kpt_shape asks for ", 5 + keyPointNumbers);
    } else if (count == 6) {
      label.form = Form::kConfidence;
    } else if (count == 7 && tracks) {
      label.form = Form::kTrack;
    } else if (count >= 7 && count % 2 == 1) {
      label.form = Form::kPolygon;
    } else {
      label.form = Form::kWrong;
      label.wrong = concat(count, " numbers; a box has 5 (class x y width height), a polygon 7, 9, 11 ...");
    }
    if (label.form == Form::kWrong) continue;
    label.classNumber = line.values[0];
    label.box = label.form == Form::kPolygon ? aroundPolygon(line.values) : boxOf(line.values);
  }
  return out;
}

std::string YoloLabels::usualPath(const std::string& imagePath) {
  std::string text = withoutExtension(imagePath) + ".txt";
  const std::size_t at = text.rfind("/images/");
  if (at != std::string::npos) return text.replace(at, 8, "/labels/");
  const std::size_t voc = text.rfind("/JPEGImages/");  // as Darknet's
  if (voc != std::string::npos) text.replace(voc, 12, "/labels/");
  return text;
}

YoloLabels::Folder& YoloLabels::folder(const std::string& path) {
  const auto [known, fresh] = folders_.try_emplace(path);
  if (fresh) {
    if (Result<FileIndex> index = FileIndex::of(path, FileIndex::Depth::kFolder))
      known->second.index = *std::move(index);
    for (const std::string& file : known->second.index.paths())
      if (auto decoded = percentDecoded(file)) known->second.decoded.try_emplace(*decoded, file);
  }
  return known->second;
}

std::optional<std::string> YoloLabels::fileIn(Folder& in, const std::string& imageName, const char*& how) {
  const std::string name = withoutExtension(imageName) + ".txt";
  if (auto file = in.index.find(name)) {
    if (*file != name) how = "the label file's name differs in case";
    return file;
  }
  if (const auto decoded = in.decoded.find(name); decoded != in.decoded.end()) {
    how = "the label file's name is escaped (%XX)";
    return decoded->second;
  }
  if (auto file = in.index.find(imageName + ".txt")) {
    how = "the label file is called like the image with its extension";
    return file;
  }
  return std::nullopt;
}

std::optional<YoloLabels::Found> YoloLabels::of(const std::string& imagePath) {
  const fs::path usual = usualPath(imagePath), image = imagePath;
  const std::string usualFolder = usual.parent_path().string(), beside = image.parent_path().string();
  for (const std::string& path : {usualFolder, beside}) {
    Folder& in = folder(path);
    Found found;
    const auto file = fileIn(in, image.filename().string(), found.how);
    if (file) {
      in.imageFolders.insert(beside);
      found.path = (fs::path(path) / *file).string();
      found.shared = !in.used.insert(*file).second;
      if (found.how == nullptr && path != usualFolder)
        found.how = "the label file lies beside the image, not in 'labels'";
      return found;
    }
    if (path == beside) break;
  }
  return std::nullopt;
}

std::vector<std::string> YoloLabels::unused() {
  std::vector<std::string> out;
  std::unordered_map<std::string, FileIndex> images;
  for (auto& [path, in] : folders_) {
    if (in.used.empty()) continue;
    for (const std::string& file : in.index.paths()) {
      const std::string lower = lowered(file);
      if (!lower.ends_with(".txt") || lower == "classes.txt" || lower == "train.txt" || lower == "val.txt" ||
          lower == "test.txt" || in.used.count(file) > 0)
        continue;
      // An image of its name that is in another split, or was told of.
      bool belongs = false;
      for (const std::string& folder : in.imageFolders) {
        const auto [known, fresh] = images.try_emplace(folder);
        if (fresh)
          if (Result<FileIndex> index = FileIndex::of(folder, FileIndex::Depth::kFolder))
            known->second = *std::move(index);
        for (const std::string& name : known->second.ofStem(withoutExtension(file)))
          belongs = belongs || hasImageExtension(name);
      }
      if (!belongs) out.push_back((fs::path(path) / file).string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace anchorscope
