// The pages beside what the program has: every method is told of, and every name on a page exists.
#include "widgets/help/help_pages.h"

#include <gtest/gtest.h>

#include <QRegularExpression>
#include <set>
#include <string>

#include "core/data/loader.h"
#include "core/methods/method_info.h"
#include "core/model/model_info.h"
#include "core/trainer/presets.h"
#include "core/trainer/run_config.h"
#include "core/watch/watchpoint.h"
#include "tests/support/qt_application.h"
#include "widgets/help/formula_image.h"

namespace anchorscope {
namespace {

QStringList captures(const QString& text, const char* pattern) {
  QStringList found;
  QRegularExpressionMatchIterator matches = QRegularExpression(QLatin1String(pattern)).globalMatch(text);
  while (matches.hasNext())
    found << matches.next().captured(1);
  return found;
}

class HelpPagesTest : public ::testing::TestWithParam<std::string> {
 protected:
  const QString html = helpHtml(QString::fromStdString(GetParam()));
};

std::vector<std::string> pageNames() {
  std::vector<std::string> names;
  for (const HelpPage& page : helpPages())
    names.push_back(page.name.toStdString());
  return names;
}

/// Everything that may stand as a name in <code> on a page.
const std::set<std::string>& knownNames() {
  static const std::set<std::string> names = [] {
    std::set<std::string> all;
    const auto addOptions = [&](const ParamSet& params) {
      for (const ParamSpec& spec : params.specs()) {
        all.insert(spec.name);
        all.insert(spec.choices.begin(), spec.choices.end());
      }
    };
    const auto add = [&](const auto& specs) {
      for (const auto& spec : specs)
        all.insert(spec.name);
    };
    for (const MethodInfo& info : methodInfos()) {
      all.insert(info.name);
      addOptions(*methodParams(info.name));
      const RunDeclaration declaration = *methodDeclaration(info.name);
      add(declaration.scalars);
      for (const auto& [stage, evidence] : declaration.stages()) {
        all.insert(stage.name);
        add(evidence.channels);
        add(evidence.objectColumns);
        add(evidence.pairTables);
        for (const PairTableSpec& table : evidence.pairTables)
          add(table.columns);
      }
    }
    for (const ModelInfo& info : modelInfos()) {
      all.insert(info.name);
      addOptions(*modelParams(info.name));
    }
    addOptions(ParamSet(trainParams()));
    addOptions(ParamSet(loaderParams()));
    add(watchKinds());
    for (const Preset& preset : presets())
      all.insert(preset.name);
    all.insert("demo");
    return all;
  }();
  return names;
}

/// The name of an option or a value that a piece of code speaks of: "lr" of "train.lr=0.1". Empty for
/// commands, addresses, files and what begins a name ("-lip", "coco-*").
QString nameIn(const QString& code) {
  static const QRegularExpression name(
      QStringLiteral("^(?:(?:train|data|model|method)\\.)?([a-z0-9][a-z0-9_.-]*)(?:=\\S+)?$")),
      file(QStringLiteral("\\.(yaml|data|txt|ckpt)$"));
  return file.match(code).hasMatch() ? QString() : name.match(code).captured(1);
}

TEST_P(HelpPagesTest, HasATitleAndIsListed) {
  ASSERT_FALSE(html.isEmpty());
  EXPECT_EQ(captures(html, "<h1>([^<]+)</h1>").size(), 1);
  EXPECT_EQ(html.count("<p class=\"lead\">"), 1);
  bool listed = false;
  for (const HelpPage& page : helpPages())
    listed = listed || (page.name.toStdString() == GetParam() && !page.title.isEmpty());
  EXPECT_TRUE(listed);
}

TEST_P(HelpPagesTest, EveryNameInCodeExists) {
  for (const QString& code : captures(html, "<code>([^<]*)</code>")) {
    const QString name = nameIn(code);
    EXPECT_TRUE(name.isEmpty() || knownNames().count(name.toStdString())) << code.toStdString();
  }
}

TEST_P(HelpPagesTest, EveryFormulaIsDrawnAndHasItsSource) {
  const QStringList formulas = captures(html, "src=\"formula:([^\"]+)\"");
  for (const QString& name : formulas) {
    EXPECT_FALSE(formulaImage(name, 16, Qt::black, 1).isNull()) << name.toStdString();
    EXPECT_FALSE(formulaTex(name).isEmpty()) << name.toStdString();
  }
  EXPECT_EQ(html.count("<img "), formulas.size()) << "an image that is no formula";
}

TEST_P(HelpPagesTest, EveryLinkLeadsToAPageOrOut) {
  for (const QString& target : captures(html, "href=\"([^\"]+)\""))
    EXPECT_TRUE(target.startsWith("https://") ||
                (target.startsWith("help:") && !helpHtml(target.mid(5)).isEmpty()))
        << target.toStdString();
}

TEST_P(HelpPagesTest, NoOrderIsLeftUnfilled) {
  EXPECT_FALSE(html.contains("<!--"));
}

INSTANTIATE_TEST_SUITE_P(Pages, HelpPagesTest, ::testing::ValuesIn(pageNames()),
                         [](const auto& page) { return page.param; });

TEST(HelpTest, EveryMethodHasAPageWithAllItsOptions) {
  for (const MethodInfo& info : methodInfos()) {
    const QString page = helpPageOf(QString::fromStdString(info.name));
    ASSERT_NE(page, "index") << info.name;
    const QString html = helpHtml(page);
    const ParamSet params = *methodParams(info.name);
    for (const ParamSpec& spec : params.specs())
      EXPECT_TRUE(html.contains("<code>" + QString::fromStdString(spec.name) + "</code>"))
          << info.name << " " << spec.name;
    for (const char* part : {"<h2>The idea</h2>", "<h2>Formulas</h2>", "<h2>The paper's and ours</h2>",
                             "<h2>What to look at</h2>", "<h2>Citation</h2>"})
      EXPECT_TRUE(html.contains(part)) << info.name << " " << part;
  }
}

TEST(HelpTest, OptionsStandInPlaceOfTheCommandThatListsThem) {
  const QString html = helpHtml("musu");
  EXPECT_TRUE(html.contains("<td><code>tau_cls</code>"));
  EXPECT_FALSE(html.contains("dev cli methods"));
  const QString lip = helpHtml("lip");
  EXPECT_TRUE(lip.contains("<td><code>lip_width</code>"));
  EXPECT_FALSE(lip.contains("<td><code>prior</code>"));
}

TEST(HelpTest, TheContentsListEveryPage) {
  const QString html = helpHtml("index");
  for (const HelpPage& page : helpPages()) {
    if (page.name == "index") continue;
    EXPECT_TRUE(html.contains("href=\"help:" + page.name + "\"")) << page.name.toStdString();
  }
  EXPECT_EQ(helpPages().front().name, "index");
  // In the order of its links.
  qsizetype place = 0;
  for (const HelpPage& page : helpPages()) {
    const qsizetype link = page.name == "index" ? 0 : html.indexOf("help:" + page.name + "\"");
    EXPECT_GE(link, place) << page.name.toStdString();
    place = link;
  }
}

TEST(HelpTest, EveryDetectorHasAPage) {
  for (const ModelInfo& info : modelInfos())
    EXPECT_NE(helpPageOf(QString::fromStdString(info.name)), "index") << info.name;
}

TEST(HelpTest, TheTableTellsDefaultRangeConditionAndSource) {
  const QString table = optionTable(
      ParamSet({choiceParam("kind", "soft", {"soft", "hard"}, "Which <kind>.", "ours"),
                onlyWhen(floatParam("margin", 0.2, 0, 1, "px", "How far.", "a paper"), "kind", {"hard"})}));
  for (const char* text : {"<code>margin</code>", "0.2 px", "0 … 1", "only with kind = hard", "a paper",
                           "soft, hard", "Which &lt;kind&gt;."})
    EXPECT_TRUE(table.contains(text)) << text;
}

TEST(HelpTest, FormulasTakeInkAndSize) {
  const QImage small = formulaImage("musu_joint", 16, Qt::red, 1),
               large = formulaImage("musu_joint", 16, Qt::red, 2);
  ASSERT_FALSE(small.isNull());
  EXPECT_NEAR(large.width(), 2 * small.width(), 2);
  EXPECT_NEAR(large.deviceIndependentSize().width(), small.width(), 1);
  int inked = 0;
  for (int y = 0; y < large.height(); ++y)
    for (int x = 0; x < large.width(); ++x) {
      const QColor colour = large.pixelColor(x, y);
      if (colour.alpha() < 250) continue;
      ++inked;
      EXPECT_EQ(colour.rgb(), QColor(Qt::red).rgb());
    }
  EXPECT_GT(inked, 50);
  EXPECT_TRUE(formulaImage("no_such_formula", 16, Qt::red, 1).isNull());
}

}  // namespace
}  // namespace anchorscope
