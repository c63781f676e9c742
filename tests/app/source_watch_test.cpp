// Who listens to a run listens to one at a time.

#include "app/workspace/source_watch.h"

#include <gtest/gtest.h>

#include "app/workspace/workspace.h"
#include "tests/app/held_source.h"
#include "tests/support/qt_application.h"

namespace anchorscope {
namespace {

using testing::HeldSource;

class SourceWatchTest : public ::testing::Test {
 protected:
  /// Notes what there is, and hears what each tells.
  void watch(WatchedRun which) {
    watchSource(workspace, which, &listener, [this](EvidenceSource* source) {
      met << (source ? source->folder() : QStringLiteral("none"));
      if (source)
        QObject::connect(source, &EvidenceSource::stepsChanged, &listener,
                         [this, source] { heard << source->folder(); });
    });
  }
  HeldSource* addFirst(const char* folder) {
    auto made = std::make_unique<HeldSource>(folder);
    HeldSource* source = made.get();
    workspace.setSource(std::move(made));
    return source;
  }
  HeldSource* addBeside(const char* folder) {
    auto made = std::make_unique<HeldSource>(folder);
    HeldSource* source = made.get();
    workspace.setCanvasCount(2);
    workspace.canvas(1).setRun(workspace.addBeside(folder, std::move(made)));
    return source;
  }
  void tellAll(const std::vector<HeldSource*>& sources) {
    heard.clear();
    for (HeldSource* source : sources)
      emit source->stepsChanged();
  }

  Workspace workspace;
  QObject listener;
  QStringList met, heard;
};

TEST_F(SourceWatchTest, TheActiveCanvasRunIsHeardAndTheOneBeforeIsNot) {
  watch(WatchedRun::kActive);
  HeldSource* first = addFirst("first");
  HeldSource* second = addBeside("second");
  EXPECT_EQ(met, (QStringList{"none", "first"}));
  for (int i = 0; i < 2; ++i) {
    workspace.setActive(workspace.canvas(1));
    tellAll({first, second});
    EXPECT_EQ(heard, QStringList{"second"});
    workspace.setActive(workspace.canvas(0));
    tellAll({first, second});
    EXPECT_EQ(heard, QStringList{"first"}) << "once, however often it was gone to";
  }
  workspace.setSource(nullptr);
  EXPECT_EQ(met.last(), "none");
}

TEST_F(SourceWatchTest, TheFirstRunIsHeardWhateverTheActiveCanvasShows) {
  watch(WatchedRun::kFirst);
  HeldSource* first = addFirst("first");
  HeldSource* second = addBeside("second");
  workspace.setActive(workspace.canvas(1));
  tellAll({first, second});
  EXPECT_EQ(heard, QStringList{"first"});
  EXPECT_EQ(met, (QStringList{"none", "first"}));
  HeldSource* next = addFirst("next");
  EXPECT_EQ(met.last(), "next");
  tellAll({next, second});
  EXPECT_EQ(heard, QStringList{"next"});
}

TEST_F(SourceWatchTest, ItEndsWithWhoListens) {
  auto mayfly = std::make_unique<QObject>();
  int calls = 0;
  watchSource(workspace, WatchedRun::kActive, mayfly.get(), [&calls](EvidenceSource*) { ++calls; });
  EXPECT_EQ(calls, 1);
  mayfly.reset();
  addFirst("first");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace anchorscope
