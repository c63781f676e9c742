// The window. Options: --demo, --data SPEC with --method, --model and --set, or a run folder to look at.
#include <QApplication>
#include <QCommandLineParser>
#include <QTimer>
#include <cstdio>

#include "app/main_window.h"
#include "app/settings.h"
#include "core/trainer/presets.h"
#include "core/trainer/run_config.h"
#include "core/trainer/version.h"
#include "widgets/theme/icons.h"

namespace anchorscope {
namespace {

/// The run the command line asks for.
Result<RunConfig> configOf(const QCommandLineParser& parser) {
  const auto text = [&](const char* option) { return parser.value(QLatin1String(option)).toStdString(); };
  const bool demo = !parser.isSet(QStringLiteral("data"));
  auto config = demo ? presetConfig("demo") : makeRunConfig(text("method"), text("model"));
  if (!config) return config;
  if (demo && parser.isSet(QStringLiteral("method"))) ANCHORSCOPE_TRY(selectMethod(*config, text("method")));
  if (demo && parser.isSet(QStringLiteral("model"))) ANCHORSCOPE_TRY(selectModel(*config, text("model")));
  if (!demo) config->data = text("data");
  config->out = text("out");
  config->weights = text("weights");
  for (const QString& setting : parser.values(QStringLiteral("set"))) {
    const qsizetype equals = setting.indexOf(QLatin1Char('='));
    if (equals <= 0)
      return makeError(ErrorCode::kUsage, "--set needs KEY=VALUE, not '" + setting.toStdString() + "'");
    ANCHORSCOPE_TRY(
        applySetting(*config, setting.left(equals).toStdString(), setting.mid(equals + 1).toStdString()));
  }
  return config;
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
  QApplication application(argc, argv);
  QCoreApplication::setApplicationName(QStringLiteral("anchorscope"));
  QCoreApplication::setApplicationVersion(QString::fromLatin1(kProgramVersion));
  QCommandLineParser parser;
  parser.setApplicationDescription(QStringLiteral("Train a detector and watch every anchor learn."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addOption({QStringLiteral("demo"), QStringLiteral("Train the demo at once.")});
  parser.addOption(
      {QStringLiteral("data"), QStringLiteral("Train on this data set at once."), QStringLiteral("SPEC")});
  parser.addOption({QStringLiteral("method"), QStringLiteral("Training method."), QStringLiteral("NAME"),
                    QStringLiteral("musu")});
  parser.addOption({QStringLiteral("model"), QStringLiteral("Detector."), QStringLiteral("NAME"),
                    QStringLiteral("retina-small")});
  parser.addOption(
      {QStringLiteral("weights"), QStringLiteral("Weights to start from."), QStringLiteral("FILE")});
  parser.addOption(
      {QStringLiteral("out"), QStringLiteral("Folder to record the run in."), QStringLiteral("RUN")});
  parser.addOption({QStringLiteral("set"), QStringLiteral("An option of the run; may be repeated."),
                    QStringLiteral("KEY=VALUE")});
  parser.addOption(
      {QStringLiteral("paused"), QStringLiteral("Show step 0 and wait for Run before anything is trained.")});
  parser.addOption(
      {QStringLiteral("measure-start"),
       QStringLiteral(
           "End once the first picture is shown, and say so; for measuring how long that takes.")});
  parser.addOption({QStringLiteral("theme"), QStringLiteral("dark, light or system; for this start only."),
                    QStringLiteral("NAME")});
  parser.addPositionalArgument(QStringLiteral("RUN"), QStringLiteral("A recorded run to look at."),
                               QStringLiteral("[RUN]"));
  parser.process(application);

  const QString theme = parser.isSet(QStringLiteral("theme"))
                            ? parser.value(QStringLiteral("theme"))
                            : openSettings().value(QStringLiteral("theme")).toString();
  applyTheme(application, themeChoiceFromString(theme));
  QApplication::setWindowIcon(applicationIcon());
  SessionOptions options;
  options.startPaused = parser.isSet(QStringLiteral("paused"));
  MainWindow window;
  window.show();
  if (parser.isSet(QStringLiteral("data")) || parser.isSet(QStringLiteral("demo"))) {
    auto config = configOf(parser);
    if (!config) {
      std::fprintf(stderr, "anchorscope: %s\n", config.error().text().c_str());
      return exitCode(config.error().code);
    }
    QTimer::singleShot(0, &window,
                       [&window, options, config = *std::move(config)] { window.startRun(config, options); });
  } else if (!parser.positionalArguments().isEmpty()) {
    QTimer::singleShot(0, &window, [&window, folder = parser.positionalArguments().first()] {
      window.openRecordedRun(folder);
    });
  }
  FirstPicture firstPicture;
  if (parser.isSet(QStringLiteral("measure-start"))) window.installEventFilter(&firstPicture);
  return QApplication::exec();
}

}  // namespace
}  // namespace anchorscope

int main(int argc, char** argv) {
  return anchorscope::run(argc, argv);
}
