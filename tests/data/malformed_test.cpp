// Damaged input of every kind: an error or a list of problems, never a crash.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/data/loader.h"
#include "tests/data/sample_files.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::testing {
namespace {

/// Opens and reads everything; whatever comes must have a text.
void exercise(const std::string& spec) {
  const auto dataset = openDataset(spec);
  if (!dataset) {
    EXPECT_FALSE(dataset.error().message.empty());
    EXPECT_NE(dataset.error().code, ErrorCode::kInternal);
    return;
  }
  EXPECT_FALSE((*dataset)->images().empty());
  for (const RecordProblem& problem : (*dataset)->diagnostics().problems())
    EXPECT_FALSE(problem.message.empty());
  for (std::size_t i = 0; i < (*dataset)->images().size(); ++i) {
    for (const Annotation& object : (*dataset)->images()[i].annotations) {
      EXPECT_FALSE(object.boxInImage.degenerate());
      EXPECT_LT(static_cast<std::size_t>(object.classIndex), (*dataset)->classNames().size());
    }
    const auto pixels = (*dataset)->loadPixels(i);
    if (pixels) {
      EXPECT_EQ((*pixels)->size, (*dataset)->images()[i].size);
    }
  }
}

/// Calls visit with damaged forms of `whole`: cut off, with changed bytes, with a piece repeated or left out.
template <typename Visit>
void damage(const std::string& whole, std::uint64_t seed, int count, const Visit& visit) {
  Random random = Random::of(seed, RandomPurpose::kTest);
  visit(std::string());
  for (int i = 0; i < count; ++i) {
    std::string bytes = whole;
    const std::size_t at = random.below(whole.size()), length = 1 + random.below(8);
    switch (i % 4) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        for (std::size_t k = 0; k < length; ++k)
          bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, whole.substr(random.below(whole.size()), length));
        break;
    }
    visit(bytes);
  }
}

std::string binaryGarbage(std::size_t size) {
  Random random = Random::of(77, RandomPurpose::kTest);
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i)
    bytes += static_cast<char>(random.below(256));
  return bytes;
}

TEST(Malformed, Voc) {
  const TemporaryFolder folder;
  folder.write("JPEGImages/a.png", tinyPng());
  const std::string whole =
      vocFile("a.png", 8, 6, vocObject("dog", "1", "1", "5", "5") + vocObject("cat", "0", "0", "8", "6"));
  const std::string spec = "voc:" + folder.path().string();
  const auto tryWith = [&](const std::string& bytes) {
    folder.write("Annotations/a.xml", bytes);
    exercise(spec);
  };
  damage(whole, 1, 250, tryWith);
  tryWith(binaryGarbage(5000));
  std::string deep;
  for (int i = 0; i < 20000; ++i)
    deep += "<annotation>";
  tryWith(deep);
}

TEST(Malformed, Coco) {
  const TemporaryFolder folder;
  folder.write("images/a.png", tinyPng());
  const std::string whole =
      R"({"info": {"x": [1, 2, {"y": null}]}, "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 6, "license": 1}],
 "annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 1, 4, 4], "area": 16.0, "iscrowd": 0, "segmentation": {"counts": "ab\"c"}}],
 "categories": [{"id": 2, "name": "dog\u00e9", "supercategory": "animal"}]})";
  const std::string spec = "coco:" + (folder / "set.json").string() + "," + (folder / "images").string();
  const auto tryWith = [&](const std::string& bytes) {
    folder.write("set.json", bytes);
    exercise(spec);
  };
  tryWith(whole);
  damage(whole, 2, 600, tryWith);
  tryWith(binaryGarbage(5000));
  tryWith(std::string(100000, '['));
  tryWith("{\"images\": " + std::string(100000, '[') + "}");
  tryWith(std::string(1000, '\0'));
  // Deep, where only a mask's text is looked at.
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  tryWith(R"({"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 2, "name": "dog"}],
              "annotations": [{"image_id": 1, "category_id": 2, "segmentation": )" +
          deep + "}]}");
  // Many records that hold nothing.
  std::string many = R"({"images": [{"id": 1, "file_name": "a.png"}], "categories": [], "annotations": [{})";
  for (int i = 0; i < 100000; ++i)
    many += ",{}";
  tryWith(many + "]}");
}

TEST(Malformed, Yolo) {
  const TemporaryFolder folder;
  folder.write("images/a.png", tinyPng());
  const std::string yaml = "path: .\ntrain: images\nval: [images]\nnc: 2\nnames:\n  0: cat\n  1: dog\n";
  const std::string label = "0 0.5 0.5 0.2 0.4\n1 0.25 0.25 0.5 0.5\n";
  const std::string spec = "yolo:" + (folder / "data.yaml").string();
  folder.write("labels/a.txt", label);
  const auto tryWith = [&](const std::string& bytes) {
    folder.write("data.yaml", bytes);
    exercise(spec);
  };
  damage(yaml, 3, 400, tryWith);
  tryWith(binaryGarbage(2000));
  for (const char* piece : {"[", "- ", "? ", "{a: ", "!!map {? ", "&a "}) {
    std::string deep;
    for (int i = 0; i < 20000; ++i)
      deep += piece;
    tryWith(deep);
  }
  tryWith("a: &a [*a]\nnames: *a\ntrain: *a\n");
  folder.write("data.yaml", yaml);
  damage(label, 4, 200, [&](const std::string& bytes) {
    folder.write("labels/a.txt", bytes);
    exercise(spec);
  });
}

TEST(Malformed, Images) {
  const TemporaryFolder folder;
  const std::string spec = "folder:" + folder.path().string();
  std::uint64_t seed = 5;
  for (const auto& [name, bytes] :
       {std::pair{"a.jpg", tinyJpeg()}, std::pair{"a.png", tinyPng()}, std::pair{"a.ppm", greyPpm(8, 6)}}) {
    damage(bytes, seed++, 200, [&, name = name](const std::string& damaged) {
      folder.write(name, damaged);
      exercise(spec);
    });
    std::filesystem::remove(folder / name);
  }
  for (const char* name : {"g.jpg", "g.png", "g.bmp", "g.ppm", "g.webp", "g.tif"})
    folder.write(name, binaryGarbage(3000));
  folder.write("h.jpg", "\xff\xd8\xff" + binaryGarbage(3000));
  folder.write("h.png", "\x89PNG\r\n\x1a\n" + binaryGarbage(3000));
  folder.write("h.bmp", "BM" + binaryGarbage(3000));
  std::filesystem::create_directories(folder / "folder.png");
  exercise(spec);
}

TEST(Malformed, ThingsInTheWrongPlace) {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  folder.write("file", "x");
  folder.write("images/a.png", tinyPng());
  std::filesystem::create_directories(folder / "Annotations/a.xml");
  std::filesystem::create_directories(folder / "JPEGImages");
  std::filesystem::create_directories(folder / "empty");
  for (const std::string& spec :
       {"voc:" + path, "voc:" + path + "/file", "voc:" + path + "/images", "coco:" + path + "," + path,
        "coco:" + path + "/file," + path + "/file", "yolo:" + path, "yolo:" + path + "/images/a.png",
        "folder:" + path + "/file", "folder:" + path + "/empty",
        "voc:" + path + "/empty," + path + "/empty"}) {
    const auto dataset = openDataset(spec);
    ASSERT_FALSE(dataset) << spec;
    EXPECT_FALSE(dataset.error().message.empty());
    EXPECT_NE(dataset.error().code, ErrorCode::kInternal);
  }
}

TEST(Malformed, ATruncatedImageDoesNotEndTheRun) {
  const TemporaryFolder folder;
  folder.write("a.ppm", greyPpm(30, 20));
  folder.write("b.ppm", greyPpm(30, 20).substr(0, 500));
  folder.write("c.jpg", tinyJpeg().substr(0, 600));
  const auto dataset = openOrFail("folder:" + folder.path().string());
  ASSERT_EQ(dataset->images().size(), 3u)
      << "headers are whole, so the images are found damaged when they are loaded";
  LoaderOptions options;
  options.shape = InputShape::fixed({16, 16});
  options.batchSize = 3;
  const std::unique_ptr<Loader> loader = makeLoader(dataset, options);
  for (int i = 0; i < 3; ++i) {
    const Result<Batch> batch = loader->next();
    ASSERT_TRUE(batch) << batch.error().text();
    for (const BatchSample& sample : batch->samples)
      EXPECT_EQ(sample.imageIndex, 0u);
    EXPECT_EQ(batch->diagnostics.problems().size(), i == 0 ? 2u : 0u);
  }
}

}  // namespace
}  // namespace anchorscope::testing
