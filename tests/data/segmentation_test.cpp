#include "core/data/segmentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace anchorscope {
namespace {

using ::testing::ElementsAre;

/// Rows of '.' and '#'.
RunMask drawn(const std::vector<std::string>& rows) {
  std::vector<std::uint8_t> pixels;
  for (const std::string& row : rows)
    for (const char letter : row)
      pixels.push_back(letter == '#' ? 1 : 0);
  return maskOfPixels(pixels.data(), {static_cast<int>(rows.front().size()), static_cast<int>(rows.size())});
}

std::vector<std::string> drawing(const RunMask& mask) {
  const std::vector<std::uint8_t> pixels = pixelsOf(mask);
  std::vector<std::string> rows;
  for (int y = 0; y < mask.size.height; ++y) {
    rows.emplace_back();
    for (int x = 0; x < mask.size.width; ++x)
      rows.back() += pixels[static_cast<std::size_t>(y * mask.size.width + x)] != 0 ? '#' : '.';
  }
  return rows;
}

TEST(RunMask, RunsGoColumnByColumnAndBeginWithWhatIsNotSet) {
  const std::vector<std::string> rows = {"..#", ".##", "..."};
  const RunMask mask = drawn(rows);
  EXPECT_THAT(mask.runs, ElementsAre(4, 1, 1, 2, 1));
  EXPECT_EQ(drawing(mask), rows);
  EXPECT_THAT(drawn({"#.", "#."}).runs, ElementsAre(0, 2, 2));
  EXPECT_THAT(drawn({"..", ".."}).runs, ElementsAre(4));
  EXPECT_THAT(drawn({"##", "##"}).runs, ElementsAre(0, 4));
}

TEST(RunMask, AnyRunsBecomeThoseOfTheMask) {
  EXPECT_THAT(maskOfRuns({2, 0, 1, 2, 0, 1}, {3, 3})->runs, ElementsAre(3, 3, 3));
  EXPECT_THAT(maskOfRuns({}, {2, 2})->runs, ElementsAre(4));
  EXPECT_THAT(maskOfRuns({1, 3}, {2, 2})->runs, ElementsAre(1, 3));
  for (const std::vector<std::uint64_t>& runs :
       {std::vector<std::uint64_t>{2, 3}, {5}, {1, ~std::uint64_t{0}}, {0, 4, 1}})
    EXPECT_FALSE(maskOfRuns(runs, {2, 2}).ok());
}

TEST(RunMask, TextComesBack) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<std::uint64_t> runs;
    for (int i = 0; i < 20; ++i)
      runs.push_back(random() % (trial < 25 ? 40 : 4000000));
    const auto back = runsFromText(textOfRuns(runs));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, runs);
  }
  for (const char* text : {"a\x01", "\x80", "Q", "0A"})
    EXPECT_FALSE(runsFromText(text).ok()) << text;
}

TEST(RunMask, ExtentAndArea) {
  const MaskExtent one = extentOf(drawn({"....", ".##.", ".##.", "...."}));
  EXPECT_EQ(one.left, 1U);
  EXPECT_EQ(one.top, 1U);
  EXPECT_EQ(one.right, 3U);
  EXPECT_EQ(one.bottom, 3U);
  EXPECT_EQ(one.area, 4U);
  const MaskExtent across = extentOf(drawn({"..#.", "....", ".#.."}));
  EXPECT_EQ(across.top, 0U) << "a run from the bottom of a column to the top of the next";
  EXPECT_EQ(across.bottom, 3U);
  EXPECT_EQ(extentOf(drawn({"...", "..."})).area, 0U);
}

TEST(RunMask, OverlapIsThatOfThePixels) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 30; ++trial) {
    std::vector<std::uint8_t> a(7 * 9), b(7 * 9);
    std::uint64_t both = 0, either = 0, first = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = random() % 3 == 0 ? 1 : 0;
      b[i] = random() % 2 == 0 ? 1 : 0;
      both += a[i] & b[i];
      either += a[i] | b[i];
      first += a[i];
    }
    const RunMask one = maskOfPixels(a.data(), {9, 7}), other = maskOfPixels(b.data(), {9, 7});
    EXPECT_EQ(intersectionOf(one, other), both);
    EXPECT_EQ(intersectionOf(other, one), both);
    EXPECT_DOUBLE_EQ(maskIou(one, other, false), static_cast<double>(both) / static_cast<double>(either));
    EXPECT_DOUBLE_EQ(maskIou(one, other, true), static_cast<double>(both) / static_cast<double>(first));
  }
  const RunMask nothing = drawn({"..", ".."});
  EXPECT_EQ(maskIou(nothing, nothing, false), 0);
  EXPECT_EQ(maskIou(nothing, drawn({"##", ".."}), true), 0);
}

TEST(Polygons, CoverThePixelsOfWholeNumberedRectangles) {
  EXPECT_EQ(drawing(*maskOfPolygons({{1, 0, 3, 0, 3, 2, 1, 2}}, {4, 3})),
            (std::vector<std::string>{".##.", ".##.", "...."}));
  EXPECT_EQ(drawing(*maskOfPolygons({{1, 2, 3, 2, 3, 0, 1, 0}}, {4, 3})),
            (std::vector<std::string>{".##.", ".##.", "...."}))
      << "whichever way round";
}

TEST(Polygons, AreUnitedAndCutAtTheImage) {
  EXPECT_EQ(drawing(*maskOfPolygons({{-5, -5, 2, -5, 2, 1, -5, 1}, {1, 0, 9, 0, 9, 2, 1, 2}}, {4, 3})),
            (std::vector<std::string>{"####", ".###", "...."}));
  EXPECT_EQ(drawing(*maskOfPolygons({{-9, -9, 99, -9, 99, 99, -9, 99}}, {3, 2})),
            (std::vector<std::string>{"###", "###"}));
  EXPECT_EQ(extentOf(*maskOfPolygons({{10, 10, 12, 10, 12, 12}}, {4, 3})).area, 0U);
  EXPECT_EQ(extentOf(*maskOfPolygons({}, {4, 3})).area, 0U);
}

TEST(Polygons, AnAreaIsThatOfTheShapeWithinItsEdge) {
  // A disc of 4,000 px, as a polygon of 200 corners.
  Polygon disc;
  const double radius = std::sqrt(4000 / std::acos(-1.0));
  for (int i = 0; i < 200; ++i) {
    const double angle = 2 * std::acos(-1.0) * i / 200;
    disc.push_back(50.3 + radius * std::cos(angle));
    disc.push_back(49.8 + radius * std::sin(angle));
  }
  EXPECT_NEAR(static_cast<double>(extentOf(*maskOfPolygons({disc}, {100, 100})).area), 4000, 60);
}

TEST(Polygons, CoverThePixelsOfPycocotools) {
  std::uint64_t state = 2024;
  const auto below = [&](std::uint64_t count) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (state >> 8U) % count;
  };
  std::uint64_t area = 0, places = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Polygon> polygons;
    for (std::uint64_t pieces = 1 + below(2); pieces > 0; --pieces) {
      Polygon& polygon = polygons.emplace_back();
      for (std::uint64_t i = 2 * (3 + below(6)); i > 0; --i)
        polygon.push_back((static_cast<double>(below(4000)) - 500) / 20);
    }
    const RunMask mask = *maskOfPolygons(polygons, {160, 120});
    if (trial == 1) {
      EXPECT_EQ(
          textOfRuns(mask.runs),
          "X^61g31O1O1O1O1O1O1O1O1O1O1O2N1O1O1O1O1O1O1O1O1O1O1O1O1O1OO100O1O100O1O100O1O1O100O1O100O1O10"
          "0O1O1O100O1O100O1O100O1O1O100O1O100O1O100OYb4");
    }
    const std::vector<std::uint8_t> pixels = pixelsOf(mask);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      area += pixels[i];
      places += pixels[i] * (i % 160 + 3 * (i / 160));
    }
  }
  // Of the same polygons by pycocotools 2.0.11 (merge of frPyObjects): all pixels, and all of x + 3 y.
  EXPECT_EQ(area, 1683067U);
  EXPECT_EQ(places, 449528047U);
}

TEST(Polygons, WhatIsNoneIsTold) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), far = 1e12;
  for (const Polygon& polygon :
       {Polygon{}, {1, 2, 3, 4}, {1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, nan, 5, 6}, {1, 2, 3, far, 5, 6}}) {
    const auto mask = maskOfPolygons({{0, 0, 1, 0, 1, 1}, polygon}, {4, 4});
    ASSERT_FALSE(mask.ok());
    EXPECT_EQ(mask.error().code, ErrorCode::kBadData);
  }
}

}  // namespace
}  // namespace anchorscope
