#include "app/workspace/exports.h"

#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QSpinBox>
#include <algorithm>
#include <optional>
#include <vector>

#include "app/settings.h"
#include "app/workspace/canvas_grid.h"
#include "app/workspace/workspace.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/overlays/declared_text.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {
namespace {

struct ExportChoice {
  QString path;
  ExportOptions options;
};

/// Asks for format, size and place; nothing when it was given up. `rasterises`: the content has layers that
/// may become images. CSV has no size.
std::optional<ExportChoice> askForExport(QWidget* parent, const QString& title, const QStringList& kinds,
                                         const QString& baseName, bool rasterises) {
  QDialog dialog(parent);
  dialog.setObjectName(QStringLiteral("exportDialog"));
  dialog.setWindowTitle(title);
  auto* form = new QFormLayout(&dialog);
  auto* kind = new QComboBox;
  kind->setObjectName(QStringLiteral("exportKind"));
  kind->addItems(kinds);
  auto* width = new QDoubleSpinBox;
  width->setRange(20, 500);
  width->setValue(84);
  width->setSuffix(Exports::tr(" mm"));
  width->setToolTip(Exports::tr("84 mm is one column, 174 mm two columns of most papers"));
  auto* dpi = new QSpinBox;
  dpi->setRange(72, 1200);
  dpi->setValue(300);
  dpi->setToolTip(rasterises ? Exports::tr("Resolution of PNG files and rasterised layers")
                             : Exports::tr("Resolution of PNG files"));
  auto* theme = new QComboBox;
  theme->addItems({Exports::tr("light"), Exports::tr("dark")});
  auto* raster = new QSpinBox;
  raster->setRange(0, 1'000'000);
  raster->setValue(20'000);
  raster->setSpecialValueText(Exports::tr("never"));
  raster->setGroupSeparatorShown(true);
  raster->setToolTip(
      Exports::tr("PDF and SVG: a layer of more boxes than this becomes one lossless image, so that the file "
                  "stays readable"));
  form->addRow(Exports::tr("Format"), kind);
  form->addRow(Exports::tr("Width"), width);
  form->addRow(Exports::tr("Resolution (dpi)"), dpi);
  form->addRow(Exports::tr("Figure theme"), theme);
  if (rasterises)
    form->addRow(Exports::tr("Rasterise layers above"), raster);
  else
    raster->setParent(&dialog), raster->hide();
  QObject::connect(kind, &QComboBox::currentTextChanged, &dialog, [=](const QString& chosen) {
    for (QWidget* field :
         {static_cast<QWidget*>(width), static_cast<QWidget*>(dpi), static_cast<QWidget*>(theme)})
      field->setEnabled(chosen != QLatin1String("csv"));
  });
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
  form->addRow(buttons);
  QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
  QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  if (dialog.exec() != QDialog::Accepted) return std::nullopt;
  QSettings settings = openSettings();
  const QString chosen = kind->currentText();
  ExportChoice choice;
  choice.path = QFileDialog::getSaveFileName(parent, title,
                                             QDir(settings.value(QStringLiteral("exportFolder")).toString())
                                                 .filePath(baseName + QLatin1Char('.') + chosen),
                                             Exports::tr("%1 file (*.%2)").arg(chosen.toUpper(), chosen));
  if (choice.path.isEmpty()) return std::nullopt;
  settings.setValue(QStringLiteral("exportFolder"), QFileInfo(choice.path).absolutePath());
  choice.options.widthMm = width->value();
  choice.options.dpi = dpi->value();
  choice.options.theme = theme->currentIndex() == 0 ? FigureTheme::kLight : FigureTheme::kDark;
  choice.options.rasterAbove = static_cast<std::size_t>(raster->value());
  choice.options.overwrite = Overwrite::kYes;  // the file dialog has asked
  return choice;
}

/// Captions of what differs between the panels, whose runs these are.
void nameApart(std::vector<FigurePanel>& panels, const QStringList& runs) {
  const auto image = [](const FigurePanel& panel) {
    return QString::fromStdString(panel.evidence->image ? panel.evidence->image->name : std::string());
  };
  const auto step = [](const FigurePanel& panel) {
    return Exports::tr("step %1").arg(countText(panel.evidence->step));
  };
  const auto stage = [](const FigurePanel& panel) { return declaredTitle(panel.evidence->stage); };
  const auto variant = [](const FigurePanel& panel) {
    return panel.evidence->variant ? QString::fromStdString(panel.evidence->variant->name)
                                   : Exports::tr("as trained");
  };
  std::vector<QStringList> parts(panels.size());
  const auto addWhereDifferent = [&](const auto& textOf) {
    if (std::all_of(panels.begin(), panels.end(),
                    [&](const FigurePanel& panel) { return textOf(panel) == textOf(panels.front()); }))
      return;
    for (std::size_t i = 0; i < panels.size(); ++i)
      parts[i] << textOf(panels[i]);
  };
  addWhereDifferent([&](const FigurePanel& panel) { return runs[&panel - panels.data()]; });
  addWhereDifferent(image);
  addWhereDifferent(step);
  addWhereDifferent(stage);
  addWhereDifferent(variant);
  for (std::size_t i = 0; i < panels.size(); ++i)
    panels[i].caption = parts[i].join(QStringLiteral(", ")).toStdString();
}

}  // namespace

Exports::Exports(QWidget& parent, Workspace& workspace, CanvasGrid& canvases, CurvesView& curves,
                 Notifier& notifier)
    : parent_(parent), workspace_(workspace), canvases_(canvases), curves_(curves), notifier_(notifier) {}

void Exports::askForView() {
  const CanvasModel* shown = workspace_.shown();
  if (!shown) return;
  const QString base = QStringLiteral("%1-step%2")
                           .arg(QFileInfo(shown->probeName()).completeBaseName())
                           .arg(shown->frame()->step);
  const auto choice =
      askForExport(parent_.window(), tr("Export view"),
                   {QStringLiteral("pdf"), QStringLiteral("svg"), QStringLiteral("png")}, base, true);
  if (!choice || !workspace_.shown()) return;  // what was shown may have ended while the dialog was open
  writeView(choice->path, choice->options);
}

void Exports::begin(const QString& path, Exporter::Write write,
                    std::function<void(const FigureReport&)> written) {
  exporter_.start(path, std::move(write),
                  [this, written = std::move(written)](const Result<FigureReport>& report) {
                    if (report)
                      written(*report);
                    else
                      notifier_.tell(messageOf(report.error()));
                  });
}

void Exports::writeView(const QString& path, const ExportOptions& options) {
  FigureSpec spec;
  QStringList runs;
  const std::vector<OpenRun> open = workspace_.runs();
  for (int i = 0; i < workspace_.canvasCount(); ++i)
    if (const CanvasModel& canvas = workspace_.canvas(i); canvas.evidence()) {
      spec.panels.push_back(panelFromView(canvas, canvases_.canvas(i).visibleInImage()));
      const auto run =
          std::ranges::find_if(open, [&](const OpenRun& each) { return each.id == canvas.run(); });
      runs << (run == open.end() ? canvas.run() : run->title);
    }
  if (spec.panels.size() > 1) nameApart(spec.panels, runs);
  if (spec.panels.empty()) {
    notifier_.tell(messageOf(makeError(ErrorCode::kUsage, "There is nothing to export yet",
                                       "Start a run or open a recorded one")));
    return;
  }
  spec.columns = std::min(canvases_.columns(), static_cast<int>(spec.panels.size()));
  spec.widthMm = options.widthMm;
  spec.dpi = options.dpi;
  spec.theme = options.theme;
  spec.rasterAbove = options.rasterAbove;
  begin(
      path,
      [spec = std::move(spec), target = path.toStdString(), overwrite = options.overwrite](
          const FigureProgress& progress) { return renderFigure(spec, target, overwrite, progress); },
      [this, path](const FigureReport& report) {
        QString text = tr("Wrote %1 (%2 × %3 mm, %4)")
                           .arg(path)
                           .arg(report.widthMm, 0, 'f', 1)
                           .arg(report.heightMm, 0, 'f', 1)
                           .arg(countText(static_cast<qint64>(report.vectorBoxes), noun::kVectorBoxes));
        for (const std::string& note : report.notes)
          text += QStringLiteral(". ") + QString::fromStdString(note);
        notifier_.tell({MessageKind::kNote, text});
      });
}

void Exports::askForCurves() {
  const auto choice = askForExport(
      parent_.window(), tr("Export curves"),
      {QStringLiteral("pdf"), QStringLiteral("svg"), QStringLiteral("png"), QStringLiteral("csv")},
      QStringLiteral("curves"), false);
  if (!choice) return;
  writeCurves(choice->path, choice->options);
}

void Exports::writeCurves(const QString& path, const ExportOptions& options) {
  begin(
      path,
      [job = curves_.exportJob(path, options.overwrite,
                               {options.widthMm, static_cast<double>(options.dpi), options.theme})](
          const FigureProgress& progress) -> Result<FigureReport> {
        ANCHORSCOPE_TRY(job(progress));
        return FigureReport();
      },
      [this, path, thinned = curves_.thinned()](const FigureReport&) {
        if (thinned.isEmpty())
          notifier_.mention(tr("Wrote %1").arg(path));
        else
          notifier_.tell(
              {MessageKind::kNote,
               tr("Wrote %1. %2, as the window keeps them. anchorscope-cli writes all of a recorded run: "
                  "curves RUN, figure RUN --curves.")
                   .arg(path, thinned)});
      });
}

}  // namespace anchorscope
