// Naming data sets: forms, awkward paths, splits, validation companions.
#include "core/data/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/data/dataset.h"
#include "tests/data/sample_files.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Spec, TakesFormsApart) {
  const TemporaryFolder folder;
  folder.write("set/a.txt", "");
  folder.write("images/b.txt", "");
  const std::string set = (folder / "set").string(), images = (folder / "images").string();

  const Result<DatasetSpec> voc = parseDatasetSpec("voc:" + set + "#train");
  ASSERT_TRUE(voc) << voc.error().text();
  EXPECT_EQ(voc->kind, DatasetKind::kVoc);
  EXPECT_THAT(voc->paths, ElementsAre(set));
  EXPECT_EQ(voc->split, "train");
  EXPECT_EQ(voc->withSplit("val"), "voc:" + set + "#val");
  EXPECT_EQ(voc->withSplit(""), "voc:" + set);

  const Result<DatasetSpec> two = parseDatasetSpec("voc:" + set + "," + images);
  ASSERT_TRUE(two);
  EXPECT_THAT(two->paths, ElementsAre(set, images));
  const Result<DatasetSpec> coco = parseDatasetSpec("coco:" + set + "/a.txt," + images + "#val");
  ASSERT_TRUE(coco);
  EXPECT_THAT(coco->paths, ElementsAre(set + "/a.txt", images));
  EXPECT_EQ(coco->split, "val");
  const Result<DatasetSpec> demo = parseDatasetSpec("demo:12#val");
  ASSERT_TRUE(demo);
  EXPECT_THAT(demo->paths, ElementsAre("12"));
  EXPECT_EQ(demo->split, "val");
}

TEST(Spec, PathsMayHoldHashesAndCommas) {
  const TemporaryFolder folder;
  folder.write("run #3, old/x.txt", "");
  folder.write("img,2/y.txt", "");
  const std::string odd = (folder / "run #3, old").string(), images = (folder / "img,2").string();
  const Result<DatasetSpec> one = parseDatasetSpec("folder:" + odd);
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_THAT(one->paths, ElementsAre(odd));
  EXPECT_EQ(one->split, "");
  const Result<DatasetSpec> split = parseDatasetSpec("folder:" + odd + "#train");
  ASSERT_TRUE(split) << split.error().text();
  EXPECT_THAT(split->paths, ElementsAre(odd));
  EXPECT_EQ(split->split, "train");
  const Result<DatasetSpec> both = parseDatasetSpec("voc:" + odd + "," + images + "#val");
  ASSERT_TRUE(both) << both.error().text();
  EXPECT_THAT(both->paths, ElementsAre(odd, images));
}

TEST(Spec, SaysWhenAPathCanBeReadInTwoWays) {
  const TemporaryFolder folder;
  folder.write("a#train/x.txt", "");
  folder.write("a/x.txt", "");
  const Result<DatasetSpec> spec = parseDatasetSpec("folder:" + (folder / "a").string() + "#train");
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ErrorCode::kUsage);
  EXPECT_THAT(spec.error().message, HasSubstr("2 ways"));
}

TEST(Spec, NamesWhatIsWrong) {
  const auto errorOf = [](const std::string& text) {
    const Result<DatasetSpec> spec = parseDatasetSpec(text);
    EXPECT_FALSE(spec) << text;
    return spec ? Error{} : spec.error();
  };
  EXPECT_EQ(errorOf("").code, ErrorCode::kUsage);
  EXPECT_EQ(errorOf("voc").code, ErrorCode::kUsage);
  EXPECT_EQ(errorOf("voc:").code, ErrorCode::kUsage);
  EXPECT_EQ(errorOf("tfrecord:x").code, ErrorCode::kUsage);
  EXPECT_EQ(errorOf("demo:abc").code, ErrorCode::kUsage);
  EXPECT_EQ(errorOf("demo:").code, ErrorCode::kUsage);
  EXPECT_EQ(errorOf("coco:only-one-part").code, ErrorCode::kUsage);
  const Error missing = errorOf("voc:/no/such/folder#train");
  EXPECT_EQ(missing.code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.message, HasSubstr("'/no/such/folder'"));

  const TemporaryFolder folder;
  folder.write("instances.json", "{}");
  const Error images =
      errorOf("coco:" + (folder / "instances.json").string() + "," + (folder / "pictures").string());
  EXPECT_THAT(images.message, HasSubstr("pictures'"));
  // A path without its format is the most likely slip.
  EXPECT_THAT(errorOf(folder.path().string()).action, HasSubstr("without its format"));
}

TEST(ValidationSpec, FollowsTheSplits) {
  EXPECT_EQ(validationSpec("demo"), "demo#val");
  EXPECT_EQ(validationSpec("demo:3#train"), "demo:3#val");
  EXPECT_EQ(validationSpec("demo#val"), "");
  EXPECT_EQ(validationSpec("voc:/no/such/folder#train"), "");

  const TemporaryFolder folder;
  const std::string voc = "voc:" + folder.path().string();
  folder.write("Annotations/a.xml", "");
  EXPECT_EQ(validationSpec(voc), "");
  EXPECT_EQ(validationSpec(voc + "#train"), voc + "#val");  // by the seed
  folder.write("ImageSets/Main/train.txt", "a");
  EXPECT_EQ(validationSpec(voc + "#train"), "");
  folder.write("ImageSets/Main/val.txt", "a");
  EXPECT_EQ(validationSpec(voc + "#train"), voc + "#val");
  EXPECT_EQ(validationSpec(voc + "#trainval"), "");
  folder.write("ImageSets/Main/test.txt", "a");
  EXPECT_EQ(validationSpec(voc + "#trainval"), voc + "#test");
}

TEST(ValidationSpec, ReadsTheYoloFile) {
  const TemporaryFolder folder;
  const std::string both = "yolo:" + folder.write("both.yaml", "train: a\nval: b\nnames: [x]\n").string();
  EXPECT_EQ(validationSpec(both), both + "#val");
  const std::string one = "yolo:" + folder.write("one.yaml", "train: a\nnames: [x]\n").string();
  // The whole of train is trained on, so a part of it is no validation.
  EXPECT_EQ(validationSpec(one), "");
  EXPECT_EQ(validationSpec(one + "#train"), one + "#val");
}

TEST(SeedSplit, PartsTheSetAndIgnoresTheOrderOfFiles) {
  const TemporaryFolder folder;
  for (int i = 0; i < 20; ++i)
    folder.write("img" + std::to_string(i) + ".ppm", greyPpm(4, 3));
  const std::string spec = "folder:" + folder.path().string();
  const auto namesOf = [](const std::shared_ptr<const Dataset>& dataset) {
    std::set<std::string> names;
    for (const ImageRecord& image : dataset->images())
      names.insert(image.name);
    return names;
  };
  const std::set<std::string> all = namesOf(openOrFail(spec));
  const std::set<std::string> train = namesOf(openOrFail(spec + "#train", 5)),
                              val = namesOf(openOrFail(spec + "#val", 5));
  EXPECT_EQ(all.size(), 20u);
  EXPECT_EQ(train.size(), 16u);
  EXPECT_EQ(val.size(), 4u);
  std::set<std::string> together = train;
  together.insert(val.begin(), val.end());
  EXPECT_EQ(together, all);
  EXPECT_EQ(namesOf(openOrFail(spec + "#val", 5)), val);
  EXPECT_NE(namesOf(openOrFail(spec + "#val", 6)), val);
  const auto unknown = openDataset(spec + "#test");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUsage);
}

TEST(Dataset, FindsByNameStemAndPath) {
  const TemporaryFolder folder;
  folder.write("one/a.ppm", greyPpm(4, 3));
  folder.write("two/a.ppm", greyPpm(4, 3));
  folder.write("two/b.c.ppm", greyPpm(4, 3));
  const auto dataset = openOrFail("folder:" + folder.path().string());
  ASSERT_EQ(dataset->images().size(), 3u);
  // Two files share a name, so each keeps its folder.
  EXPECT_EQ(dataset->images()[0].name, "one/a.ppm");
  EXPECT_EQ(dataset->images()[1].name, "two/a.ppm");
  EXPECT_EQ(dataset->images()[2].name, "b.c.ppm");
  EXPECT_EQ(dataset->find("two/a.ppm"), 1);
  EXPECT_EQ(dataset->find("two/a"), 1);
  EXPECT_EQ(dataset->find("b.c"), 2);
  EXPECT_EQ(dataset->find(dataset->images()[2].path), 2);
  EXPECT_EQ(dataset->find("a"), -1);
  EXPECT_EQ(dataset->find(""), -1);
}

TEST(Dataset, FollowsLinksToFoldersOnce) {
  const TemporaryFolder folder, elsewhere;
  elsewhere.write("far.ppm", greyPpm(4, 3));
  folder.write("in/near.ppm", greyPpm(4, 3));
  std::filesystem::create_directory_symlink(elsewhere.path(), folder / "in/linked");
  std::filesystem::create_directory_symlink(folder.path(), folder / "in/up");
  const auto dataset = openOrFail("folder:" + folder.path().string() + "/");
  ASSERT_TRUE(dataset);
  ASSERT_EQ(dataset->images().size(), 2u);
  EXPECT_GE(dataset->find("far.ppm"), 0);
  EXPECT_GE(dataset->find("near.ppm"), 0);
}

TEST(Dataset, OpeningCanBeCancelled) {
  const TemporaryFolder folder;
  for (int i = 0; i < 10; ++i)
    folder.write("img" + std::to_string(i) + ".ppm", greyPpm(4, 3));
  std::vector<double> fractions;
  const auto opened = openDataset("folder:" + folder.path().string(), 0, [&](double fraction) {
    fractions.push_back(fraction);
    return fraction < 0.5;
  });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCancelled);
  ASSERT_FALSE(fractions.empty());
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_LT(fractions.back(), 0.7);
}

}  // namespace
}  // namespace anchorscope::testing
