// The window: the options of the headless program's train, or a run folder to look at or to go on with.
#include <CLI/CLI.hpp>
#include <QApplication>
#include <QTimer>
#include <csignal>
#include <cstdio>

#include "app/cli/run_options.h"
#include "app/interrupt_watch.h"
#include "app/main_window.h"
#include "app/settings.h"
#include "core/trainer/run_config.h"
#include "core/trainer/version.h"
#include "widgets/panels/start_page.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// What the command line asks for.
struct Options {
  cli::RunOptions run;
  std::string resume, folder, theme;
  bool demo = false, paused = false, measureStart = false;

  /// A run is to be started, not only a window opened.
  bool startsRun() const { return demo || run.data || !run.preset.empty() || !run.configFile.empty(); }
  Result<RunConfig> config() const {
    cli::RunOptions whole = run;
    if (whole.preset.empty() && whole.configFile.empty() && !whole.data) whole.preset = "demo";
    return whole.build();
  }
};

void addOptions(CLI::App& app, Options& options) {
  app.set_version_flag("--version", kProgramVersion);
  app.add_flag("--demo", options.demo, "Train the demo at once");
  options.run.addTo(app);
  app.add_option("--out", options.run.out, "Folder to record the run in (else: a temporary one)");
  app.add_option("--resume", options.resume,
                 "Continue the run in this folder from its newest checkpoint; --steps, --data, --validation, "
                 "--device, --threads, --record-every and --set of live options may change")
      ->excludes("--out");
  app.add_flag("--paused", options.paused, "Show step 0 and wait for Run before anything is trained");
  app.add_option("--theme", options.theme, "dark, light or system; for this start only")
      ->check(CLI::IsMember({"dark", "light", "system"}));
  app.add_flag("--measure-start", options.measureStart,
               "End once the first picture is shown, and say so; for measuring how long that takes");
  app.add_option("RUN", options.folder, "A recorded run to look at, or a session's file to go on with")
      ->excludes("--resume");
  app.footer("--data, --preset or --config start training at once; without them the first page asks.");
}

/// Ends the program after the window's first paint.
class FirstPicture : public QObject {
 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Paint)
      QTimer::singleShot(0, watched, [] {
        std::puts("first picture");
        QCoreApplication::exit(0);  // not quit(): nothing is to be remembered of this start
      });
    return QObject::eventFilter(watched, event);
  }
};

int run(int argc, char** argv) {
  QApplication application(argc, argv);  // takes Qt's own options out of the list
  QCoreApplication::setApplicationName(QStringLiteral("anchorscope"));
  QCoreApplication::setApplicationVersion(QString::fromLatin1(kProgramVersion));
  Options options;
  CLI::App app{"Train a detector and watch every anchor learn.", "anchorscope"};
  addOptions(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    // Help and version end well; every other parse error is a wrong request.
    return app.exit(problem) == 0 ? 0 : exitCode(ErrorCode::kUsage);
  }
  const bool resumes = !options.resume.empty();
  Result<RunConfig> config = options.startsRun() && !resumes ? options.config() : RunConfig();
  auto changes = resumes ? options.run.resumeSettings() : std::vector<std::pair<std::string, std::string>>();
  if (!config || !changes) {
    const Error& error = config ? changes.error() : config.error();
    std::fprintf(stderr, "anchorscope: %s\n", error.text().c_str());
    return exitCode(error.code);
  }

  const QString theme = options.theme.empty() ? openSettings().value(QStringLiteral("theme")).toString()
                                              : QString::fromStdString(options.theme);
  applyTheme(application, themeChoiceFromString(theme));
  QApplication::setWindowIcon(applicationIcon());
  MainWindow window;
  window.show();
  const InterruptWatch interrupts;
  QObject::connect(&interrupts, &InterruptWatch::interrupted, &window, [&window] {
    window.closeForGood();
    QCoreApplication::exit(exitCode(ErrorCode::kCancelled));  // also from within a dialog
  });
  QTimer::singleShot(0, &window, [&] {
    SessionOptions session;
    session.startPaused = options.paused;
    if (resumes)
      window.run().goOn(QString::fromStdString(options.resume), *changes);
    else if (const QString path = QString::fromStdString(options.folder); isSessionFile(path))
      window.sessions().open(path);
    else if (!path.isEmpty())
      window.runView().open(path);
    else if (options.startsRun() && config->data.empty())
      window.startPage().setConfig(*config);
    else if (options.startsRun())
      window.run().start(*config, session);
  });
  FirstPicture firstPicture;
  if (options.measureStart) window.installEventFilter(&firstPicture);
  return QApplication::exec();
}

}  // namespace
}  // namespace anchorscope

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is a failed write like any other
  return anchorscope::run(argc, argv);
}
