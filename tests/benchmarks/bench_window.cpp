// What the window costs training and the user: steps per second with the window drawing against without one,
// how soon the event loop answers while training uses every core it takes or a long run is opened, how soon a
// recorded moment is shown, and how soon the program shows something.

#include <benchmark/benchmark.h>

#include <QApplication>
#include <QEvent>
#include <QProcess>
#include <QTemporaryDir>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "app/main_window.h"
#include "core/store/run_reader.h"
#include "core/trainer/presets.h"
#include "tests/benchmarks/recorded_runs.h"
#include "tests/support/shared_data.h"
#include "widgets/bridge/session_bridge.h"
#include "widgets/panels/history_scrubber.h"
#include "widgets/state/canvas_model.h"

namespace anchorscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kWarmSteps = 30, kSteps = 150;
constexpr int kRounds = 2;
constexpr std::chrono::milliseconds kPingEvery{7};
constexpr int kScrubs = 8;
constexpr double kStartBoundMs = 2000, kReactionBoundMs = 33, kScrubBoundMs = 50;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

RunConfig demoConfig() {
  auto config = presetConfig("demo");
  if (!config) std::abort();
  config->train.set("steps", std::to_string(kWarmSteps + kSteps + 1)) ? void() : std::abort();
  return *std::move(config);
}

/// Steps per second between step kWarmSteps and step kWarmSteps + kSteps.
class Rate {
 public:
  void add(const std::vector<StepEvent>& steps) {
    for (const StepEvent& step : steps) {
      if (step.step == kWarmSteps) start_ = Clock::now();
      if (step.step == kWarmSteps + kSteps) rate_ = kSteps / secondsSince(start_);
    }
  }
  bool done() const { return rate_ > 0; }
  double stepsPerSecond() const { return rate_; }

 private:
  Clock::time_point start_;
  double rate_ = 0;
};

double headlessRate() {
  SessionOptions options;
  options.captureLive = false;
  std::mutex mutex;
  std::condition_variable woken;
  bool pending = true;
  const auto session = startSession(demoConfig(), options);
  session->setWake([&] {
    const std::lock_guard lock(mutex);
    pending = true;
    woken.notify_one();
  });
  Rate rate;
  while (!rate.done()) {
    {
      std::unique_lock lock(mutex);
      woken.wait(lock, [&] { return std::exchange(pending, false); });
    }
    std::vector<StepEvent> steps;
    for (const Event& event : session->drainEvents())
      if (const auto* step = std::get_if<StepEvent>(&event)) steps.push_back(*step);
    rate.add(steps);
    if (session->state() == TrainerState::kFailed) std::abort();
  }
  session->setWake({});
  return rate.stepsPerSecond();
}

/// Takes the time from being posted by another thread to being handled.
class Probe : public QObject {
 public:
  struct Ping : QEvent {
    explicit Ping(Clock::time_point sent) : QEvent(QEvent::User), sentAt(sent) {}
    Clock::time_point sentAt;
  };
  std::vector<double> delaysMs;

 protected:
  bool event(QEvent* event) override {
    if (event->type() != QEvent::User) return QObject::event(event);
    delaysMs.push_back(1000 * secondsSince(static_cast<Ping*>(event)->sentAt));
    return true;
  }
};

/// A user who touches the window all the time, from a thread of its own.
class User {
 public:
  User() : thread_([this] { touch(); }) {}
  ~User() { leave(); }
  /// How long the window took for each touch, ms.
  const std::vector<double>& leave() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    over_.notify_one();
    if (thread_.joinable()) thread_.join();
    return probe_.delaysMs;
  }

 private:
  void touch() {
    std::unique_lock lock(mutex_);
    while (!over_.wait_for(lock, kPingEvery, [&] { return ended_; }))
      QCoreApplication::postEvent(&probe_, new Probe::Ping(Clock::now()));
  }

  Probe probe_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool ended_ = false;
  std::thread thread_;
};

double windowRate(std::vector<double>& delaysMs) {
  MainWindow window;
  window.resize(1440, 900);
  window.show();
  Rate rate;
  QObject::connect(&window.run().bridge(), &SessionBridge::stepsArrived,
                   [&](const std::vector<StepEvent>& steps) { rate.add(steps); });
  window.run().start(demoConfig(), {});
  User user;
  while (!rate.done())
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
  const std::vector<double>& delays = user.leave();
  delaysMs.insert(delaysMs.end(), delays.begin(), delays.end());
  window.close();
  return rate.stepsPerSecond();
}

struct WhileTraining {
  double headless = 0, window = 0;
  std::vector<double> delaysMs;
};

/// Both sides by turns, the best round of each: what disturbs the machine disturbs either.
const WhileTraining& whileTraining() {
  static const WhileTraining measured = [] {
    WhileTraining out;
    for (int round = 0; round < kRounds; ++round) {
      out.headless = std::max(out.headless, headlessRate());
      out.window = std::max(out.window, windowRate(out.delaysMs));
    }
    std::sort(out.delaysMs.begin(), out.delaysMs.end());
    return out;
  }();
  return measured;
}

void trainingSpeed(benchmark::State& state) {
  for (auto _ : state) {
    const WhileTraining& measured = whileTraining();
    state.SetIterationTime(1 / measured.window);
    state.counters["headless_steps_per_s"] = measured.headless;
    state.counters["window_steps_per_s"] = measured.window;
    state.counters["ratio"] = measured.window / measured.headless;
    state.counters["aim"] = 0.95;
  }
  state.SetLabel("training speed, window drawing / headless");
}
BENCHMARK(trainingSpeed)->Name("window/training_speed")->Iterations(1)->UseManualTime();

void reaction(benchmark::State& state) {
  for (auto _ : state) {
    const std::vector<double>& delays = whileTraining().delaysMs;
    const double p95 = delays[delays.size() * 95 / 100];
    state.SetIterationTime(p95 / 1000);
    state.counters["p50_ms"] = delays[delays.size() / 2];
    state.counters["p95_ms"] = p95;
    state.counters["max_ms"] = delays.back();
    state.counters["ratio"] = kReactionBoundMs / std::max(p95, 1e-3);
    state.counters["aim"] = 1;
  }
  state.SetLabel("event loop while training: bound of 33 ms / p95 reaction time");
}
BENCHMARK(reaction)->Name("window/reaction")->Iterations(1)->UseManualTime();

template <typename Condition>
void processUntil(Condition condition) {
  while (!condition())
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

/// A window with a run open, all of it read.
std::unique_ptr<MainWindow> lookAt(const std::string& folder) {
  auto window = std::make_unique<MainWindow>();
  window->resize(1440, 900);
  window->show();
  window->runView().open(QString::fromStdString(folder));
  processUntil(
      [&] { return window->runView().recordedRun() && window->runView().recordedRun()->isRested(); });
  return window;
}

void opening(benchmark::State& state) {
  const std::string folder = benchmarks::LongRun::shared().folder();
  double waited = 0, whole = 0;
  std::vector<double> delays;
  for (auto _ : state) {
    MainWindow window;
    window.resize(1440, 900);
    window.show();
    for (int i = 0; i < 20; ++i)
      QCoreApplication::processEvents();
    {  // what a window that waited would wait for
      const Clock::time_point begun = Clock::now();
      const auto reader = benchmarks::take(openRun(folder));
      for (const std::string& name : reader->scalarNames())
        benchmarks::take(reader->scalar(name));
      waited = 1000 * secondsSince(begun);
    }
    User user;
    const Clock::time_point begun = Clock::now();
    window.runView().open(QString::fromStdString(folder));
    processUntil(
        [&] { return window.runView().recordedRun() && window.runView().recordedRun()->isRested(); });
    whole = 1000 * secondsSince(begun);
    delays = user.leave();
    std::sort(delays.begin(), delays.end());
    state.SetIterationTime(delays.back() / 1000);
  }
  state.counters["reading_ms"] = waited;
  state.counters["all_there_ms"] = whole;
  state.counters["p95_ms"] = delays[delays.size() * 95 / 100];
  state.counters["max_ms"] = delays.back();
  state.counters["ratio"] = waited / delays.back();
  state.counters["aim"] = 10;
  state.SetLabel("opening a run of a million steps: reading it / the longest the event loop takes meanwhile");
}
BENCHMARK(opening)->Name("window/opening")->Iterations(1)->UseManualTime();

void scrub(benchmark::State& state) {
  benchmarks::DenseRun& run = benchmarks::DenseRun::shared();
  const auto window = lookAt(run.folder());
  double decoding = 1e12;
  std::vector<double> times, delays;
  for (auto _ : state) {
    for (int round = 0; round < kScrubs; ++round) {
      {  // all of a moment, on the thread that draws
        const std::int64_t step = run.nextStep();
        const Clock::time_point begun = Clock::now();
        for (int probe = 0; probe < benchmarks::kProbes; ++probe)
          benchmarks::take(run.reader().frame(benchmarks::probeName(probe), step));
        decoding = std::min(decoding, 1000 * secondsSince(begun));
      }
      // Far from where it stands, so that nothing has been read ahead.
      const std::int64_t step = round % 2 == 0 ? 0 : benchmarks::kMoments - 1;
      User user;
      const Clock::time_point begun = Clock::now();
      emit window->page().scrubber().stepWanted(step);
      processUntil([&] { return window->workspace().active().frame()->step == step; });
      times.push_back(1000 * secondsSince(begun));
      processUntil([&] { return window->runView().recordedRun()->isRested(); });
      const std::vector<double>& own = user.leave();
      delays.insert(delays.end(), own.begin(), own.end());
    }
    std::sort(times.begin(), times.end());
    std::sort(delays.begin(), delays.end());
    state.SetIterationTime(times[times.size() / 2] / 1000);
  }
  state.counters["all_probes_ms"] = decoding;
  state.counters["shown_ms"] = times[times.size() / 2];
  state.counters["event_loop_max_ms"] = delays.back();
  state.counters["ratio"] = kScrubBoundMs / times[times.size() / 2];
  state.counters["aim"] = 1;
  state.SetLabel(
      "a scrub with 4 probes of 201,600 anchors: bound of 50 ms / time until the evidence is shown");
}
BENCHMARK(scrub)->Name("window/scrub")->Iterations(1)->UseManualTime();

void start(benchmark::State& state) {
  double best = 1e9;
  for (auto _ : state) {
    for (int round = 0; round < 3; ++round) {
      QProcess program;
      const Clock::time_point begun = Clock::now();
      program.start(QString::fromStdString((testing::programFolder() / "anchorscope").string()),
                    {QStringLiteral("--measure-start")});
      if (!program.waitForFinished(60'000) || program.exitCode() != 0 ||
          !program.readAllStandardOutput().contains("first picture")) {
        state.SkipWithError("the program did not show its first picture");
        return;
      }
      best = std::min(best, secondsSince(begun));
    }
    state.SetIterationTime(best);
    state.counters["first_picture_ms"] = 1000 * best;
    state.counters["ratio"] = kStartBoundMs / (1000 * best);
    state.counters["aim"] = 1;
  }
  state.SetLabel("start: bound of 2 s / time to the first picture (and the end of the program)");
}
BENCHMARK(start)->Name("window/first_picture")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace anchorscope

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
      qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
    qputenv("QT_QPA_PLATFORM", "offscreen");
  // What a window remembers between starts is not to be that of whoever measures.
  const QTemporaryDir home;
  for (const char* folder : {"XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
    qputenv(folder, home.path().toLocal8Bit());
  benchmark::Initialize(&argc, argv);
  QApplication application(argc, argv);
  QCoreApplication::setApplicationName(QStringLiteral("anchorscope-bench"));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
