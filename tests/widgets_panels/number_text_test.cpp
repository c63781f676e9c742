// Counts with their nouns, in the window's own language and in one with more plurals.
#include "widgets/models/number_text.h"

#include <gtest/gtest.h>

#include <QTranslator>

#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

TEST(CountTextTest, HasTheRightNumberOfTheNoun) {
  EXPECT_EQ(countText(0, noun::kSteps), "0 steps");
  EXPECT_EQ(countText(1, noun::kSteps), "1 step");
  EXPECT_EQ(countText(2, noun::kMisses), "2 misses");
  EXPECT_EQ(countText(5'000'000'000, noun::kVectorBoxes), "5,000,000,000 vector boxes");
}

/// As Polish has it: one, a few, many.
class ThreePlurals : public QTranslator {
 public:
  QString translate(const char* context, const char* text, const char*, int number) const override {
    if (QLatin1String(context) != QLatin1String("Count") || QLatin1String(text) != QLatin1String("%1 steps"))
      return {};
    return number == 1 ? "%1 krok" : number % 10 >= 2 && number % 10 <= 4 ? "%1 kroki" : "%1 kroków";
  }
  bool isEmpty() const override { return false; }
};

TEST(CountTextTest, TakesThePluralThatATranslationChooses) {
  ThreePlurals polish;
  ASSERT_TRUE(QCoreApplication::installTranslator(&polish));
  EXPECT_EQ(countText(1, noun::kSteps), "1 krok");
  EXPECT_EQ(countText(3, noun::kSteps), "3 kroki");
  EXPECT_EQ(countText(1000, noun::kSteps), "1,000 kroków");
  EXPECT_EQ(countText(1, noun::kFrames), "1 frame") << "not translated";
  QCoreApplication::removeTranslator(&polish);
}

}  // namespace
}  // namespace anchorscope
