// How soon the palette of commands answers a letter, with the 118,287 images of COCO's training set to choose
// from.

#include <benchmark/benchmark.h>

#include <QString>
#include <algorithm>
#include <memory>
#include <vector>

#include "tests/benchmarks/timing.h"
#include "widgets/palette/palette_model.h"

namespace anchorscope {
namespace {

constexpr int kImages = 118'287;
constexpr double kBoundSeconds = 0.05;  ///< Reaction to input.

class Names final : public PaletteSource {
 public:
  QString kind() const override { return QStringLiteral("image"); }
  void refresh() override {
    names_.clear();
    for (int i = 0; i < kImages; ++i)  // as COCO calls them, spread over its numbers
      names_.push_back(
          QStringLiteral("%1.jpg").arg((std::int64_t{i} * 4919) % 581'929, 12, 10, QLatin1Char('0')));
  }
  int count() const override { return static_cast<int>(names_.size()); }
  QString text(int entry) const override { return names_[static_cast<std::size_t>(entry)]; }
  void run(int) override {}

 private:
  std::vector<QString> names_;
};

/// The longest of the letters of "123456.jpg", typed one after the other and taken back.
void typeANumber(benchmark::State& state) {
  std::vector<std::unique_ptr<PaletteSource>> sources;
  sources.push_back(std::make_unique<Names>());
  PaletteModel model(std::move(sources));
  model.refresh();
  const QString typed = QStringLiteral("123456.jpg");
  std::vector<double> longest;
  for (auto _ : state) {
    double most = 0;
    const auto press = [&](qsizetype letters) {
      most = std::max(most, testing::seconds([&] { model.setPattern(typed.left(letters)); }));
    };
    for (qsizetype letters = 1; letters <= typed.size(); ++letters)
      press(letters);
    for (qsizetype letters = typed.size(); letters-- > 0;)
      press(letters);
    state.SetIterationTime(most);
    longest.push_back(most);
  }
  state.counters["ratio"] = kBoundSeconds / testing::median(longest);
  state.counters["aim"] = 1;
  state.SetLabel("palette of commands: 50 ms against the slowest letter typed or taken back, 118,287 images");
}

/// Opening it, when the names have to be made ready, too.
void open(benchmark::State& state) {
  std::vector<std::unique_ptr<PaletteSource>> sources;
  sources.push_back(std::make_unique<Names>());
  PaletteModel model(std::move(sources));
  std::vector<double> times;
  for (auto _ : state) {
    times.push_back(testing::seconds([&] { model.refresh(); }));
    state.SetIterationTime(times.back());
  }
  state.counters["ratio"] = 2 * kBoundSeconds / testing::median(times);
  state.counters["aim"] = 1;
  state.SetLabel("palette of commands: 100 ms against opening it, 118,287 images");
}

BENCHMARK(typeANumber)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(open)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace anchorscope
