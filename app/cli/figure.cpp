#include "widgets/figure/figure.h"

#include <QGuiApplication>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <limits>

#include "app/cli/common.h"
#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/evidence/detection_quality.h"
#include "core/evidence/main_losses.h"
#include "widgets/overlays/layer_text.h"
#include "widgets/overlays/predictions.h"
#include "widgets/plot/curve_plan.h"

namespace anchorscope::cli {
namespace {

struct FigureOptions {
  EvidenceChoice choice;
  std::string out, theme = "light";
  std::vector<std::string> layers, scalars;
  int object = -1;
  std::int64_t anchor = -1;
  double widthMm = 84, dpi = 300, smoothing = 0.9;
  bool curves = false, overwrite = false;
};

/// "w_cls" -> "musu.w_cls" where only one channel ends so; anything else stays.
std::string fullChannelName(const std::string& text, const StageEvidence& evidence) {
  const std::string name = text.substr(0, text.find(':'));
  std::vector<std::string> matches;
  for (const Channel& channel : evidence.channels) {
    if (channel.spec.name == name) return text;
    if (channel.spec.name.substr(channel.spec.name.rfind('.') + 1) == name)
      matches.push_back(channel.spec.name);
  }
  return matches.size() == 1 ? matches.front() + text.substr(name.size()) : text;
}

/// Image, the layers that were asked for, objects, and the bag of a chosen object, bottom to top.
Result<std::vector<Layer>> chosenLayers(const FigureOptions& options, const StageEvidence& evidence) {
  std::vector<Layer> defaults = defaultLayers(evidence);
  for (Layer& layer : defaults)
    if (layer.kind == LayerKind::kBag) layer.visible = options.object >= 0;
  std::vector<Layer> layers;
  const auto addDefault = [&](LayerKind kind) {
    const auto isKind = [&](const Layer& layer) { return layer.kind == kind; };
    if (std::any_of(layers.begin(), layers.end(), isKind)) return;
    const auto found = std::find_if(defaults.begin(), defaults.end(), isKind);
    if (found != defaults.end()) layers.push_back(*found);
  };
  if (options.layers.empty()) {
    layers = std::move(defaults);
  } else {
    addDefault(LayerKind::kImage);
    for (const std::string& text : options.layers) {
      auto layer = parseLayer(fullChannelName(text, evidence), evidence);
      if (!layer) return std::move(layer).error();
      layer->visible = true;
      if (layer->kind != LayerKind::kImage) layers.push_back(*std::move(layer));
    }
    addDefault(LayerKind::kObjects);
    addDefault(LayerKind::kBag);
  }
  return layers;
}

/// The probe whose detections are right most of all, each at its own last (first, n-th) recorded step.
Result<std::string> bestProbe(const RunReader& run, const std::string& step) {
  auto best = findProbe(run, {});
  if (!best) return best;
  double highest = -1;
  for (const std::string& probe : run.probeNames()) {
    auto at = parseStep(run, probe, step);
    if (!at) continue;  // it was pinned later, or unpinned earlier
    auto frame = run.frame(probe, *at);
    if (!frame) return std::move(frame).error();
    const StageEvidence& detects = *(*frame)->stages.back();
    const double quality = detectionQuality(detects, adaptiveScore(detects));
    if (quality <= highest) continue;
    highest = quality;
    best = probe;
  }
  std::cout << "Best detected: " << *best << '\n';
  return best;
}

Status addPanel(const RunReader& run, const FigureOptions& options, FigureSpec& spec) {
  const EvidenceChoice& choice = options.choice;
  auto probe = choice.image == "best" ? bestProbe(run, choice.step) : findProbe(run, choice.image);
  if (!probe) return std::move(probe).error();
  auto step = parseStep(run, *probe, choice.step);
  if (!step) return std::move(step).error();
  auto frame = run.frame(*probe, *step, choice.variant);
  if (!frame) return std::move(frame).error();
  auto stage = findStage(**frame, choice.stage);
  if (!stage) return std::move(stage).error();
  FigurePanel panel;
  panel.evidence = *std::move(stage);
  auto layers = chosenLayers(options, *panel.evidence);
  if (!layers) return std::move(layers).error();
  panel.layers = *std::move(layers);
  if (options.object >= static_cast<int>(panel.evidence->image->objects.size()))
    return makeError(
        ErrorCode::kNotFound, concat("There is no object ", options.object),
        concat("'", *probe, "' has ",
               counted(static_cast<std::int64_t>(panel.evidence->image->objects.size()), "object"),
               ", counted from 0"));
  if (options.anchor >= static_cast<std::int64_t>(panel.evidence->candidates->count()))
    return makeError(ErrorCode::kNotFound,
                     concat("There is no ", panel.evidence->stage.candidate, " ", options.anchor));
  panel.selectedObject = options.object;
  panel.selectedAnchor = options.anchor;
  panel.caption = concat(*probe, ", step ", *step);
  if (!choice.variant.empty()) panel.caption += concat(", ", choice.variant);
  spec.panels.push_back(std::move(panel));
  return {};
}

Status addCurves(const RunReader& run, const FigureOptions& options, FigureSpec& spec) {
  const std::vector<std::string> names =
      options.scalars.empty() ? mainLosses(run.scalarNames()) : options.scalars;
  ScalarStore history(CurveLimits::none());  // every value of the trace
  for (const std::string& name : names) {
    auto series = run.scalar(name);
    if (!series) return std::move(series).error();
    if (series->values.empty())
      return makeError(ErrorCode::kNotFound, concat("There is no scalar '", name, "'"),
                       concat("Recorded: ", join(run.scalarNames(), ", ")));
    history.append(name, *series);
  }
  const StepRange all{0, static_cast<double>(history.lastStep())};
  for (FigureCurves& curves :
       figureCurves(planCurves(history, run.header().declaration, names, options.smoothing), all))
    spec.curves.push_back(std::move(curves));
  return {};
}

Status figure(const FigureOptions& options) {
  auto run = openRun(options.choice.folder);
  if (!run) return std::move(run).error();
  // No window is shown, so none is needed.
  if (!std::getenv("QT_QPA_PLATFORM")) ::setenv("QT_QPA_PLATFORM", "offscreen", 1);
  // The offscreen platform remarks on a folder it would take for a running session; there is none.
  static QtMessageHandler before = nullptr;
  before = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext& context, const QString& text) {
    if (!text.startsWith(QLatin1String("QStandardPaths:"))) before(type, context, text);
  });
  char name[] = "anchorscope-cli";
  char* arguments[] = {name, nullptr};
  int count = 1;
  const QGuiApplication application(count, arguments);

  FigureSpec spec;
  spec.widthMm = options.widthMm;
  spec.dpi = options.dpi;
  spec.theme = options.theme == "dark" ? FigureTheme::kDark : FigureTheme::kLight;
  const bool panel = !options.curves || !options.choice.image.empty() || !options.layers.empty();
  if (panel) ANCHORSCOPE_TRY(addPanel(**run, options, spec));
  if (options.curves) ANCHORSCOPE_TRY(addCurves(**run, options, spec));
  auto report = renderFigure(spec, options.out, options.overwrite ? Overwrite::kYes : Overwrite::kNo);
  tellDamage(**run);
  if (!report) return std::move(report).error();
  std::cout << options.out << ": " << shortNumber(report->widthMm) << " x " << shortNumber(report->heightMm)
            << " mm, " << counted(static_cast<std::int64_t>(report->vectorBoxes), "box", "boxes")
            << " as vectors, " << report->rasterBoxes << " as raster\n";
  for (const std::string& note : report->notes)
    std::cout << "  " << note << '\n';
  return {};
}

}  // namespace

void addFigure(CLI::App& app, ExitCode& exit) {
  CLI::App* command = app.add_subcommand("figure", "Draw recorded evidence or curves to PDF, SVG or PNG");
  auto options = std::make_shared<FigureOptions>();
  addEvidenceOptions(*command, options->choice,
                     "Probe image, or best: the one whose detections are right (else: the first)");
  command->add_option("--layer", options->layers,
                      "NAME[:KEY=VALUE,...]: channel, predictions, bag, such as w_cls, "
                      "iou:min=0.5,map=viridis or predictions:min=0 (all of them); may be repeated");
  command->add_option("--object", options->object, "Object whose bag is shown")
      ->check(CLI::Range(0, std::numeric_limits<int>::max()));
  command->add_option("--anchor", options->anchor, "Anchor to highlight")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  command->add_flag("--curves", options->curves, "Draw curves (without --image and --layer: only them)");
  command->add_option("--scalar", options->scalars,
                      "Scalar to draw with --curves; may be repeated (else: both losses)");
  command
      ->add_option("--smoothing", options->smoothing,
                   "Weight of the past in smoothed curves; 0: raw curves alone")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999));
  command->add_option("--width-mm", options->widthMm, "Width of the figure")->capture_default_str();
  command->add_option("--dpi", options->dpi, "Resolution of PNG and of rasterised layers")
      ->capture_default_str();
  command->add_option("--theme", options->theme, "light or dark")
      ->capture_default_str()
      ->check(CLI::IsMember({"light", "dark"}));
  command->add_option("--out", options->out, "File ending in .pdf, .svg or .png")->required();
  command->add_flag("--overwrite", options->overwrite, "Replace the file");
  command->callback([options, &exit] { exit = finish(figure(*options)); });
}

}  // namespace anchorscope::cli
