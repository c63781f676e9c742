// PASCAL VOC: one XML file per image. Format: Everingham et al., "The PASCAL VOC development kit";
// <robndbox>: roLabelImg; <polygon>: labelImg's and DOTA's descendants, LabelMe.
#include "core/data/voc_annotation.h"

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/base/text.h"
#include "core/data/file_index.h"
#include "core/data/text_encoding.h"

namespace anchorscope {
namespace {

std::string_view textOf(const pugi::xml_node& node, const char* child) {
  return trimmed(node.child(child).text().get());
}

/// 1 in the devkit; other tools write words.
bool isTrue(std::string_view text) {
  const std::string word = lowered(text);
  return word == "1" || word == "true" || word == "yes";
}

/// Reads named numbers; the first that is missing or none is told in `error`.
bool readNumbers(const pugi::xml_node& node, std::initializer_list<std::pair<const char*, double*>> wanted,
                 std::string& error) {
  for (const auto& [name, target] : wanted) {
    const std::string_view value = textOf(node, name);
    const std::optional<double> number = parseNumber(value);
    if (!number) {
      error = value.empty() ? concat("no <", name, "> in <", node.name(), ">")
                            : concat("<", name, "> is '", value.substr(0, 40), "', not a number");
      return false;
    }
    *target = *number;
  }
  return true;
}

/// Box around a box turned by `angle` radians about its centre.
RawBox aroundTurned(double cx, double cy, double w, double h, double angle) {
  const double c = std::fabs(std::cos(angle)), s = std::fabs(std::sin(angle));
  const double halfWidth = (w * c + h * s) / 2, halfHeight = (w * s + h * c) / 2;
  return {cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight};
}

/// Numbers of <x1>, <y1>, <x2> ... or of <point>/<pt> with <x> and <y>.
std::vector<std::pair<double, double>> pointsOf(const pugi::xml_node& polygon) {
  std::vector<std::pair<double, double>> points;
  const auto add = [&](std::string_view x, std::string_view y) {
    points.emplace_back(parseNumber(x).value_or(NAN), parseNumber(y).value_or(NAN));
  };
  for (const pugi::xml_node& child : polygon.children()) {
    const std::string_view name = child.name();
    if (name == "point" || name == "pt") add(textOf(child, "x"), textOf(child, "y"));
    if (name.starts_with('x') && parseNumber(name.substr(1)))
      add(trimmed(child.text().get()), textOf(polygon, ("y" + std::string(name.substr(1))).c_str()));
  }
  return points;
}

void readPolygon(const pugi::xml_node& polygon, VocObject& object) {
  const auto points = pointsOf(polygon);
  if (points.size() < 3) {
    object.boxError = concat("a <polygon> of ", points.size(), " points");
    return;
  }
  RawBox box{points[0].first, points[0].second, points[0].first, points[0].second};
  for (const auto& [x, y] : points) {
    if (!std::isfinite(x) || !std::isfinite(y)) {
      object.boxError = "a point of <polygon> is not a number";
      return;
    }
    box = {std::min(box.x1, x), std::min(box.y1, y), std::max(box.x2, x), std::max(box.y2, y)};
  }
  object.box = box;
  object.shape = "a polygon";
  object.hasBox = true;
}

void readTurnedBox(const pugi::xml_node& node, VocObject& object) {
  double cx = 0, cy = 0, w = 0, h = 0, angle = 0;
  object.hasBox =
      readNumbers(node, {{"cx", &cx}, {"cy", &cy}, {"w", &w}, {"h", &h}, {"angle", &angle}}, object.boxError);
  if (!object.hasBox) return;
  object.box = aroundTurned(cx, cy, w, h, angle);
  object.shape = "a turned box";
}

void readUprightBox(const pugi::xml_node& node, VocObject& object) {
  RawBox& box = object.box;
  object.hasBox = readNumbers(
      node, {{"xmin", &box.x1}, {"ymin", &box.y1}, {"xmax", &box.x2}, {"ymax", &box.y2}}, object.boxError);
}

/// The boxes of one <object>: <bndbox>, else <robndbox>, else <polygon>.
void readObject(const pugi::xml_node& node, const VocObject& common, VocFile& file) {
  const std::size_t before = file.objects.size();
  const auto each = [&](const char* name, void (*read)(const pugi::xml_node&, VocObject&)) {
    for (const pugi::xml_node& box : node.children(name)) {
      file.objects.push_back(common);
      read(box, file.objects.back());
    }
    return file.objects.size() > before;
  };
  if (!each("bndbox", readUprightBox) && !each("robndbox", readTurnedBox) && !each("polygon", readPolygon)) {
    file.objects.push_back(common);
    file.objects.back().boxError = "no <bndbox> in <object>";
  }
  if (file.objects.size() > before + 1) ++file.severalBoxes;
}

/// Lines of offsets that only grow.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  std::size_t at(std::ptrdiff_t offset) {
    const auto end = std::min(text_.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
    if (end > done_)
      line_ += static_cast<std::size_t>(std::count(text_.data() + done_, text_.data() + end, '\n'));
    done_ = std::max(done_, end);
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t done_ = 0, line_ = 1;
};

}  // namespace

VocFile readVocFile(const std::string& path) {
  VocFile file;
  file.path = path;
  Result<std::string> bytes = readFile(path, kLargestAnnotationFile);
  const auto fail = [&](std::string what) {
    file.error = std::move(what);
    return file;
  };
  if (!bytes) return fail(bytes.error().message);
  if (isGitLfsPointer(*bytes)) return fail(gitLfsPointerError(path).message);
  const std::string declared(xmlEncoding(*bytes));
  const Result<std::string> text = decodeText(*std::move(bytes), path, declared);
  if (!text) return fail(text.error().message);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text->data(), text->size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) {
    const std::size_t line =
        lineOfOffset(*text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)));
    file.errorRecord = concat("line ", line);
    return fail(concat("not well-formed XML at line ", line, ": ", parsed.description()));
  }
  const pugi::xml_node root = document.child("annotation");
  if (!root) return fail(concat("no <annotation> element, but <", document.document_element().name(), ">"));
  file.imageName = textOf(root, "filename");
  const auto side = [&](const char* name) {
    const std::optional<double> value = parseNumber(root.child("size").child(name).text().get());
    return value && *value >= 1 && *value < 1e6 ? static_cast<int>(*value) : 0;
  };
  file.size = {side("width"), side("height")};
  LineCounter lines(*text);
  VocObject common;
  for (const pugi::xml_node& node : root.children("object")) {
    ++common.position;
    common.className = printable(textOf(node, "name"));
    common.difficult = isTrue(textOf(node, "difficult"));
    common.record = concat("object ", common.position, ", line ", lines.at(node.offset_debug()));
    readObject(node, common, file);
  }
  return file;
}

}  // namespace anchorscope
