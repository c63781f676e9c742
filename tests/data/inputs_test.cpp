// Inputs that real tools write, from shared/inputs: each row's right value.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "core/data/dataset.h"
#include "core/data/image_io.h"
#include "tests/data/sample_files.h"
#include "tests/support/shared_data.h"

namespace anchorscope::testing {
namespace {

struct Row {
  std::string name;      ///< For the test's name.
  std::string spec;      ///< ROOT stands for shared/inputs.
  std::string images;    ///< "a.png: cat 10,10,40,30; dog 1,2,3,4 | b.png:"; for a set that is refused: "".
  std::string problems;  ///< "2 skipped box without area | 1 kept ..."; or what the error must hold.
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.spec;
}

std::string replaced(std::string text, const std::string& root) {
  for (std::size_t at = text.find("ROOT"); at != std::string::npos; at = text.find("ROOT", at))
    text.replace(at, 4, root);
  return text;
}

std::string number(float value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", std::round(value * 10.0) / 10.0);
  return buffer;
}

std::string imagesText(const Dataset& dataset) {
  std::string out;
  for (const ImageRecord& image : dataset.images()) {
    out += (out.empty() ? "" : " | ") + image.name + ":";
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      const Annotation& object = image.annotations[i];
      const Box& box = object.boxInImage;
      out += (i == 0 ? " " : "; ") + dataset.classNames()[static_cast<std::size_t>(object.classIndex)] + " " +
             number(box.x1) + "," + number(box.y1) + "," + number(box.x2) + "," + number(box.y2);
    }
  }
  return out;
}

std::string problemsText(const Dataset& dataset) {
  static const std::map<RecordAction, std::string> kActions{{RecordAction::kSkipped, "skipped"},
                                                            {RecordAction::kClipped, "clipped"},
                                                            {RecordAction::kKept, "kept"},
                                                            {RecordAction::kLeftOut, "left out"}};
  std::map<std::string, std::size_t> counts;
  for (const RecordProblem& problem : dataset.diagnostics().problems())
    counts[kActions.at(problem.action) + " " + problem.kind] += problem.count;
  std::string out;
  for (const auto& [what, count] : counts)
    out += (out.empty() ? "" : " | ") + std::to_string(count) + " " + what;
  return out;
}

const std::string kCat = "cat 10,10,40,30";

std::vector<Row> rows() {
  std::vector<Row> out{
      {"TwoBndbox", "voc:ROOT/01-voc-two-bndbox", "a.png: car 10,10,40,30; car 50,20,90,60; car 5,40,30,58",
       "1 kept several boxes in one object"},
      {"FilenameWithoutExtension", "voc:ROOT/04-voc-filename-no-ext",
       "photo_a.png: " + kCat + " | photo_c.png: " + kCat + " | photo_d.png: " + kCat +
           " | n_18.png: " + kCat,
       "3 kept found by another name"},
      {"Subfolders", "voc:ROOT/06-voc-subfolders",
       "cam1/001.png: " + kCat + " | cam2/001.png: " + kCat + " | top.png: dog 10,10,40,30", ""},
      {"Encodings", "voc:ROOT/07-voc-encodings",
       "gbk_declared.png: 猫 10,10,40,30 | latin1.png: Käfer 10,10,40,30 | utf8.png: 鸟 10,10,40,30",
       "1 skipped damaged annotation file"},
      {"Utf16", "voc:ROOT/08-voc-utf16", "a.png: " + kCat + " | b.png: " + kCat, ""},
      {"Utf16List", "voc:ROOT/08b-voc-utf16-list#train", "a.png: " + kCat + " | b.png: " + kCat, ""},
      // (40, 30), 40 x 10, turned by 0.5: half width (40 cos + 10 sin) / 2 = 19.9, half height 14.0.
      {"RobndboxAndPolygon", "voc:ROOT/10-voc-robndbox",
       "a.png: ship 10,10,40,30; ship 20.1,16,59.9,44; ship 12,8,40,30 | b.png: ship 20.1,16,59.9,44",
       "3 kept box around a shape"},
      {"LetterCaseVoc", "voc:ROOT/11-letter-case",
       "a.png: " + kCat + " | b.png: " + kCat + " | C.JPG: " + kCat,
       "1 kept found by another name | 1 skipped missing annotation file"},
      {"LetterCaseCoco", "coco:ROOT/11-letter-case/d.json,ROOT/11-letter-case/JPEGImages",
       "d.jpg: " + kCat + " | a.png: " + kCat, "1 kept found by another name"},
      {"NamesInLists", "voc:ROOT/12-voc-names-in-lists#train", "0001.jpg: " + kCat + " | 0002.jpg: " + kCat,
       ""},
      {"PairLists", "voc:ROOT/12-voc-names-in-lists#paddle", "0001.jpg: " + kCat + " | 0002.jpg: " + kCat,
       ""},
      {"AnnotationNamedLikeItsImage", "voc:ROOT/12-voc-names-in-lists",
       "0001.jpg: " + kCat + " | 0002.jpg: " + kCat + " | mixed_20.jpg: " + kCat, ""},
      {"BackslashCoco", "coco:ROOT/15-coco-backslash/a.json,ROOT/15-coco-backslash",
       "a.png: " + kCat + " | b.png: " + kCat, "2 kept found by another name"},
      {"BackslashCocoFolder", "coco:ROOT/15-coco-backslash/a.json,ROOT/15-coco-backslash/images",
       "a.png: " + kCat + " | b.png: " + kCat, "2 kept found by another name"},
      {"StringIds", "coco:ROOT/13-coco-string-ids/a.json,ROOT/13-coco-string-ids/images",
       "a.png: " + kCat + " | b.png: dog 10,10,40,30 | c.png: " + kCat, ""},
      {"DigitStrings", "coco:ROOT/13-coco-string-ids/digits.json,ROOT/13-coco-string-ids/images",
       "a.png: " + kCat + " | b.png: dog 10,10,40,30 | c.png: " + kCat, "1 kept ids of two kinds"},
      {"MixedIds", "coco:ROOT/13-coco-string-ids/mixed.json,ROOT/13-coco-string-ids/images",
       "a.png: " + kCat + " | b.png: dog 10,10,40,30 | c.png: " + kCat, "3 kept ids of two kinds"},
      {"FloatIds", "coco:ROOT/13-coco-string-ids/floats.json,ROOT/13-coco-string-ids/images",
       "a.png: " + kCat + " | b.png: dog 10,10,40,30 | c.png: " + kCat, ""},
      {"HugeIds", "coco:ROOT/14-coco-huge-ids/a.json,ROOT/14-coco-huge-ids/images",
       "a.png: " + kCat + " | b.png: cat 11,10,41,30 | c.png: cat 12,10,42,30", ""},
      {"Segmentations", "coco:ROOT/16-coco-segmentation-only/a.json,ROOT/16-coco-segmentation-only/images",
       "a.png: cat 12,8,40,30; dog 50,20,70,40; cat 1,1,9,9", "3 kept box around a shape"},
      {"SegmentationsBesideBoxes",
       "coco:ROOT/16-coco-segmentation-only/mixed.json,ROOT/16-coco-segmentation-only/images",
       "a.png: cat 12,8,40,30; cat 50,20,70,40", "1 kept box around a shape"},
      {"ResultsFile", "coco:ROOT/17-coco-list-root/results.json,ROOT/17-coco-list-root/images", "",
       "holds a list, not an object: is this a results file?"},
      {"HtmlPage", "coco:ROOT/17-coco-list-root/html.json,ROOT/17-coco-list-root/images", "",
       "is HTML or XML, not JSON"},
      {"EmptyJson", "coco:ROOT/17-coco-list-root/empty.json,ROOT/17-coco-list-root/images", "", "is empty"},
      {"JsonLines", "coco:ROOT/17-coco-list-root/lines.json,ROOT/17-coco-list-root/images", "",
       "more follows after the first object"},
      {"MapsForLists", "coco:ROOT/17-coco-list-root/nolist.json,ROOT/17-coco-list-root/images", "",
       "holds no list \"images\", but something else of this name"},
      {"GroupCategory", "coco:ROOT/18-coco-group-category/a.json,ROOT/18-coco-group-category/images",
       "a.png: RBC 10,10,40,30", "1 kept class without objects"},
      {"Utf16Json", "coco:ROOT/19-coco-encodings/utf16.json,ROOT/19-coco-encodings/images",
       "a.png: Käfer 10,10,40,30", ""},
      {"ByteOrderMark", "coco:ROOT/19-coco-encodings/bom.json,ROOT/19-coco-encodings/images",
       "a.png: Käfer 10,10,40,30", ""},
      {"Latin1Json", "coco:ROOT/19-coco-encodings/latin1.json,ROOT/19-coco-encodings/images", "",
       "is not UTF-8 text at line 1"},
      {"TwoFolders", "yolo:ROOT/20-yolo-relative/two.yaml",
       "a.png: " + kCat + " | b.png: " + kCat + " | c.png: " + kCat + " | d.png: " + kCat +
           " | z.png: " + kCat,
       ""},
      {"LabelsBeside", "yolo:ROOT/21-yolo-labels-beside/data.yaml", "a.png: " + kCat + " | b.png: " + kCat,
       "1 kept found by another name"},
      {"HiddenFiles", "yolo:ROOT/22-yolo-hidden/data.yaml", "a.png: " + kCat + " | b.png: " + kCat,
       "3 skipped hidden file"},
      {"HiddenFilesVoc", "voc:ROOT/22-yolo-hidden/voc", "a.png: " + kCat, "1 skipped hidden file"},
      {"DuplicateRows", "yolo:ROOT/23-yolo-duplicate-rows/data.yaml",
       "a.png: " + kCat + "; dog 50,22.5,70,37.5", "1 skipped duplicate object"},
      {"SixColumns", "yolo:ROOT/24-yolo-six-columns/data.yaml",
       "a.png: " + kCat + "; dog 50,22.5,70,37.5 | b.png: " + kCat, "2 kept further columns"},
      {"EncodedNames", "yolo:ROOT/25-yolo-encoded-names/data.yaml",
       "Capture_décran.png: " + kCat + " | a.png: " + kCat + " | my photo.png:",
       "1 kept found by another name | 1 kept image without annotations | 1 skipped annotation file without "
       "image"},
      {"NoNames", "yolo:ROOT/28-yolo-yaml/nconly.yaml", "a.png: 0 10,10,40,30 | b.png: 0 10,10,40,30", ""},
      {"Validation", "yolo:ROOT/28-yolo-yaml/validation.yaml#val", "a.png: " + kCat + " | b.png: " + kCat,
       "1 kept layout of the set"},
      {"Capital", "yolo:ROOT/28-yolo-yaml/capital.yaml", "a.png: " + kCat + " | b.png: " + kCat,
       "1 kept layout of the set"},
      {"WrongCount", "yolo:ROOT/28-yolo-yaml/ncwrong.yaml", "", "nc is 3, but names has 2 classes"},
      {"NoBlank", "yolo:ROOT/28-yolo-yaml/noblank.yaml", "", "a blank must follow each '0:'"},
      {"FromOne", "yolo:ROOT/28-yolo-yaml/fromone.yaml", "", "names lacks class 0"},
      {"OneName", "yolo:ROOT/28-yolo-yaml/onename.yaml", "", "'names' is the text 'cat'"},
      {"EmptyYaml", "yolo:ROOT/28-yolo-yaml/empty.yaml", "", "an empty file"},
      {"Tab", "yolo:ROOT/28-yolo-yaml/tab.yaml", "", "line 4"},
      {"Norway", "yolo:ROOT/28-yolo-yaml/norway.yaml", "a.png: no 10,10,40,30 | b.png: no 10,10,40,30", ""},
      {"ExifYolo", "yolo:ROOT/30-yolo-exif/data.yaml", "a.jpg: cat 10,50,40,70", "1 kept EXIF orientation"},
      {"ExifCoco", "coco:ROOT/30-yolo-exif/a.json,ROOT/30-yolo-exif/images", "a.jpg: cat 10,50,40,70",
       "1 kept EXIF orientation"},
      {"ExifVoc", "voc:ROOT/30-yolo-exif/voc", "a.jpg: cat 10,50,40,70", "1 kept EXIF orientation"},
      {"OtherExtensions", "yolo:ROOT/31-jfif/data.yaml",
       "a.png: " + kCat + " | x_jfif.jfif: " + kCat + " | x_jp2.jp2: " + kCat + " | x_jpe.jpe: " + kCat +
           " | x_mpo.mpo: " + kCat,
       "2 skipped unreadable image"},
      {"OtherExtensionsCoco", "coco:ROOT/31-jfif/all.json,ROOT/31-jfif/images",
       "x_jfif.jfif: " + kCat + " | x_jpe.jpe: " + kCat + " | x_jp2.jp2: " + kCat + " | x_mpo.mpo: " + kCat,
       "2 skipped unreadable image"},
      {"OtherExtensionsVoc", "voc:ROOT/31-jfif/voc",
       "a.jfif: " + kCat + " | b.png: " + kCat + " | c.jfif: " + kCat, ""},
      {"OnlyJfif", "yolo:ROOT/31b-only-jfif/data.yaml", "a.jfif: " + kCat, ""},
      {"SixteenBits", "yolo:ROOT/32-16bit/data.yaml", "a.png: " + kCat + " | full.png: " + kCat,
       "2 kept 16-bit image"},
      {"Tiff", "yolo:ROOT/33-tiff/data.yaml",
       "pages.tif: " + kCat + " | rgb.tif: " + kCat + " | rgb16.tif: " + kCat + " | u16.tif: " + kCat,
       "2 kept 16-bit image | 1 kept several pages | 5 skipped unreadable image"},
      {"WrongExtension", "yolo:ROOT/37-wrong-extension/data.yaml",
       "jpg.png: " + kCat + " | png.jpg: " + kCat + " | webp.jpg: " + kCat, "5 skipped unreadable image"},
      {"DarknetData", "yolo:ROOT/54-other-layouts/darknet/obj.data", "a.png: " + kCat,
       "2 kept found by another name | 1 kept layout of the set"},
      {"DarknetFolder", "yolo:ROOT/54-other-layouts/darknet", "a.png: " + kCat,
       "2 kept found by another name | 2 kept layout of the set"},
      {"LabelStudioFolder", "yolo:ROOT/54-other-layouts/ls", "a.png: " + kCat, "1 kept layout of the set"},
      {"LabelMeFolder", "yolo:ROOT/54-other-layouts/labelme", "",
       "JSON beside each image looks like LabelMe"},
      {"VocDevkit", "voc:ROOT/54-other-layouts/VOCdevkit", "",
       "Name the folder below it: voc:ROOT/54-other-layouts/VOCdevkit/VOC2007"},
      {"OneFolder", "voc:ROOT/54-other-layouts/rf/train", "",
       "write voc:ROOT/54-other-layouts/rf/train,ROOT/54-other-layouts/rf/train"},
      {"OneFolderTwice", "voc:ROOT/54-other-layouts/rf/train,ROOT/54-other-layouts/rf/train",
       "a.jpg: " + kCat, ""},
      {"AllObjectsRejected", "yolo:ROOT/55-all-objects-rejected/data.yaml", "a.png: " + kCat,
       "1 skipped image without a usable object | 1 skipped unknown class"},
      {"Pose", "yolo:ROOT/57-yolo-pose/data.yaml", "a.png: " + kCat, "1 kept further columns"},
      {"SameStemVoc", "voc:ROOT/60-voc-same-stem", "a.png: " + kCat, "1 kept several images of one name"},
      {"SameStemYolo", "yolo:ROOT/60b-yolo-same-stem/data.yaml", "a.jpg: " + kCat + " | a.png: " + kCat,
       "1 kept several images of one name"},
      {"TrackColumns", "yolo:ROOT/61-yolo-track-columns/data.yaml", "a.png: " + kCat,
       "1 kept further columns"},
      {"Os2Bitmap", "yolo:ROOT/62-bmp-os2/data.yaml", "a.bmp: " + kCat, ""},
  };
  for (const char* yaml : {"anchors", "bom", "nulls", "pathempty", "pathnull", "strkeys", "utf16"})
    out.push_back({std::string("Yaml_") + yaml, std::string("yolo:ROOT/28-yolo-yaml/") + yaml + ".yaml",
                   "a.png: " + kCat + " | b.png: " + kCat, ""});
  const std::string windows = "a.png: " + kCat + " | b.png: " + kCat;
  for (const auto& [yaml, problems] : {std::pair{"dot", "1 kept found by another name"},
                                       {"plain", "2 kept found by another name"},
                                       {"abs", "1 kept found by another name"},
                                       {"list", "2 kept found by another name"}})
    out.push_back({std::string("Windows_") + yaml,
                   std::string("yolo:ROOT/29-yolo-windows-paths/") + yaml + ".yaml", windows, problems});
  out.push_back({"Windows_quoted", "yolo:ROOT/29-yolo-windows-paths/quoted.yaml", "",
                 "write it with '/' instead of '\\'"});
  for (const auto& [file, images] : {std::pair{"data", 4}, {"list", 4}})
    out.push_back({std::string("Relative_") + file,
                   std::string("yolo:ROOT/20-yolo-relative/") + file + ".yaml",
                   "a.png: " + kCat + " | b.png: " + kCat + " | c.png: " + kCat + " | d.png: " + kCat, ""});
  return out;
}

class Inputs : public ::testing::TestWithParam<Row> {};

TEST_P(Inputs, AreReadRightly) {
  ANCHORSCOPE_REQUIRE_SHARED(path, "inputs");
  if (!readsCompressedImages()) GTEST_SKIP() << "this build has no OpenCV";
  const Row& row = GetParam();
  const auto opened = openDataset(replaced(row.spec, path.string()));
  if (row.images.empty()) {
    ASSERT_FALSE(opened) << imagesText(**opened);
    EXPECT_NE(opened.error().text().find(replaced(row.problems, path.string())), std::string::npos)
        << opened.error().text();
    return;
  }
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(imagesText(**opened), row.images);
  EXPECT_EQ(problemsText(**opened), row.problems);
  for (std::size_t i = 0; i < (*opened)->images().size(); ++i) {
    const auto pixels = (*opened)->loadPixels(i);
    EXPECT_TRUE(pixels) << pixels.error().text();
  }
}

INSTANTIATE_TEST_SUITE_P(All, Inputs, ::testing::ValuesIn(rows()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace anchorscope::testing
