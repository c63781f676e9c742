// The palette of commands: how texts answer what is typed, which rows that gives, and the keys.
#include "widgets/palette/command_palette.h"

#include <gtest/gtest.h>

#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTest>

#include "core/base/random.h"
#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

int scoreOf(const char* typed, const char* text) {
  return FuzzyPattern(QString::fromUtf8(typed)).score(QString::fromUtf8(text)).value_or(-1);
}

TEST(FuzzyPattern, AnswersWithItsLettersInTheirOrderAndNotElse) {
  EXPECT_GE(scoreOf("expcv", "Export curves…"), 0);
  EXPECT_GE(scoreOf("EXPORT", "Export curves…"), 0) << "case is of no matter";
  EXPECT_GE(scoreOf("ex cu", "Export curves…"), 0) << "nor are spaces";
  EXPECT_EQ(scoreOf("curvesexport", "Export curves…"), -1);
  EXPECT_EQ(scoreOf("x", "Save"), -1);
  EXPECT_EQ(scoreOf("", "Save"), 0);
  EXPECT_GE(scoreOf("größe", "Größe der Menge"), 0);
}

TEST(FuzzyPattern, WordsAndNeighboursCountMoreThanGaps) {
  EXPECT_GT(scoreOf("sc", "Save checkpoint"), scoreOf("sc", "Cancel resection"));
  EXPECT_GT(scoreOf("curv", "Export curves…"), scoreOf("curv", "Cut our view"));
  EXPECT_GT(scoreOf("ex", "Export view…"), scoreOf("ex", "Next canvas"));
  EXPECT_GT(scoreOf("fit", "Fit image"), scoreOf("fit", "Follow it"));
  EXPECT_GT(scoreOf("lr", "train.lr"), scoreOf("lr", "train.color"));
  EXPECT_GT(scoreOf("12", "image_12.jpg"), scoreOf("12", "image_1002.jpg"));
  EXPECT_GT(scoreOf("dark", "Dark"), scoreOf("dark", "Darkness of the image")) << "the shorter of equals";
}

TEST(FuzzyPattern, TellsWhereItsLettersAre) {
  const auto at = [](const char* typed, const char* text) {
    return FuzzyPattern(QString::fromUtf8(typed)).positions(QString::fromUtf8(text));
  };
  EXPECT_EQ(at("sc", "Save checkpoint"), (std::vector<int>{0, 5}));
  EXPECT_EQ(at("curv", "Export curves"), (std::vector<int>{7, 8, 9, 10}));
  EXPECT_TRUE(at("q", "Save").empty());
  // Whatever is typed and found: ascending, and the very letters.
  auto random = Random::of(3, RandomPurpose::kTest, {9});
  for (int n = 0; n < 3000; ++n) {
    QString text, typed;
    for (int i = 0; i < 12; ++i)
      text += QLatin1Char("abA B_1"[random.below(7)]);
    for (int i = 0; i < 3; ++i)
      typed += QLatin1Char("ab1"[random.below(3)]);
    const FuzzyPattern pattern(typed);
    const std::vector<int> found = pattern.positions(text);
    ASSERT_EQ(found.empty(), !pattern.score(text)) << typed.toStdString() << " in " << text.toStdString();
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(text[found[i]].toLower(), typed[static_cast<qsizetype>(i)]);
      if (i > 0) {
        ASSERT_LT(found[i - 1], found[i]);
      }
    }
  }
}

class MadeSource final : public PaletteSource {
 public:
  MadeSource(QString kind, QStringList texts, QStringList& done)
      : kind_(std::move(kind)), texts_(std::move(texts)), done_(done) {}
  QString kind() const override { return kind_; }
  void refresh() override { ++refreshed; }
  int count() const override { return static_cast<int>(texts_.size()); }
  QString text(int entry) const override { return texts_[entry]; }
  QString whyNot(int entry) const override {
    return texts_[entry].startsWith("No") ? QStringLiteral("it is off") : QString();
  }
  void run(int entry) override { done_ << kind_ + ":" + texts_[entry]; }
  int refreshed = 0;

 private:
  QString kind_;
  QStringList texts_;
  QStringList& done_;
};

class PaletteTest : public ::testing::Test {
 protected:
  PaletteTest() {
    window.resize(900, 600);
    QStringList many;
    for (int i = 0; i < 1000; ++i)
      many << QStringLiteral("image_%1.jpg").arg(i, 4, 10, QLatin1Char('0'));
    std::vector<std::unique_ptr<PaletteSource>> sources;
    sources.push_back(std::make_unique<MadeSource>(
        "command", QStringList{"Save checkpoint", "Nothing to save", "Fit image", "Go to image"}, done));
    sources.push_back(std::make_unique<MadeSource>("image", many, done));
    palette = new CommandPalette(std::move(sources), &window);
    button = new QLineEdit(&window);
    window.show();
    window.activateWindow();
    EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
    button->setFocus();
  }
  QLineEdit* line() { return palette->findChild<QLineEdit*>("paletteLine"); }
  QListView* list() { return palette->findChild<QListView*>("paletteList"); }
  QString foot() { return palette->findChild<QLabel*>("paletteFoot")->text(); }
  QString row(int index) { return palette->model().index(index).data().toString(); }
  void type(const char* text) {
    palette->open();
    QTest::keyClicks(line(), QLatin1String(text));
  }
  void key(Qt::Key code) { QTest::keyClick(line(), code); }

  QWidget window;
  QStringList done;
  CommandPalette* palette = nullptr;
  QLineEdit* button = nullptr;
};

TEST_F(PaletteTest, IsWorkedWithKeysAlone) {
  type("save");
  EXPECT_TRUE(palette->isVisible());
  EXPECT_EQ(row(0), "Save checkpoint");
  EXPECT_EQ(row(1), "Nothing to save") << "what cannot be done is told, after what can";
  key(Qt::Key_Down);
  EXPECT_EQ(foot(), "Cannot be done now: it is off");
  key(Qt::Key_Return);
  EXPECT_TRUE(done.isEmpty());
  EXPECT_TRUE(palette->isVisible());
  key(Qt::Key_Up);
  key(Qt::Key_Return);
  EXPECT_EQ(done, QStringList{"command:Save checkpoint"});
  EXPECT_FALSE(palette->isVisible());
  EXPECT_TRUE(button->hasFocus()) << "back where it was";
  type("zzz");
  EXPECT_EQ(foot(), "Nothing answers “zzz”");
  key(Qt::Key_Return);
  key(Qt::Key_Escape);
  EXPECT_FALSE(palette->isVisible());
  EXPECT_EQ(done.size(), 1);
}

TEST_F(PaletteTest, WhatWasUsedLastComesFirst) {
  type("0777");
  key(Qt::Key_Return);
  type("fit");
  key(Qt::Key_Return);
  palette->open();
  EXPECT_EQ(row(0), "Fit image");
  EXPECT_EQ(row(1), "image_0777.jpg");
  EXPECT_EQ(row(2), "Save checkpoint");
  QTest::keyClicks(line(), "image");
  EXPECT_EQ(row(0), "image_0777.jpg") << "of what answers alike the one used lately";
  EXPECT_EQ(palette->model().recent(), (QStringList{"command/Fit image", "image/image_0777.jpg"}));
}

TEST_F(PaletteTest, CountsWhatItDoesNotListAndNarrowsAsOneTypes) {
  type("image");
  EXPECT_EQ(palette->model().matches(), 1002);
  EXPECT_EQ(palette->model().rowCount(), PaletteModel::kMostRows);
  EXPECT_TRUE(foot().contains("200 of 1,002")) << foot().toStdString();
  for (const char* more : {"9", "9", "9"}) {
    QTest::keyClicks(line(), more);
    // As if it had been typed at once.
    const int narrowed = palette->model().matches();
    const QString best = row(0);
    palette->model().setPattern({});
    palette->model().setPattern(line()->text());
    EXPECT_EQ(palette->model().matches(), narrowed);
    EXPECT_EQ(row(0), best);
  }
  EXPECT_EQ(row(0), "image_0999.jpg");
  key(Qt::Key_Backspace);
  EXPECT_GT(palette->model().matches(), 1) << "letters that go give back what they took";
}

TEST_F(PaletteTest, AClickDoesItAndAClickElsewhereCloses) {
  type("fit");
  QTest::mouseClick(list()->viewport(), Qt::LeftButton, {},
                    list()->visualRect(list()->model()->index(0, 0)).center());
  EXPECT_EQ(done, QStringList{"command:Fit image"});
  palette->open();
  button->setFocus(Qt::MouseFocusReason);
  EXPECT_FALSE(palette->isVisible());
  EXPECT_TRUE(button->hasFocus());
}

}  // namespace
}  // namespace anchorscope
