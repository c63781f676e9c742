// Figures and curves of the main window as files.
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QSpinBox>
#include <QStatusBar>

#include "app/main_window.h"
#include "app/settings.h"
#include "widgets/canvas/canvas_view.h"
#include "widgets/notify/message_bar.h"
#include "widgets/plot/curves_view.h"

namespace anchorscope {

void MainWindow::exportView() {
  QDialog dialog(this);
  dialog.setWindowTitle(tr("Export view"));
  auto* form = new QFormLayout(&dialog);
  auto* kind = new QComboBox;
  kind->addItems({QStringLiteral("pdf"), QStringLiteral("svg"), QStringLiteral("png")});
  auto* width = new QDoubleSpinBox;
  width->setRange(20, 500);
  width->setValue(84);
  width->setSuffix(tr(" mm"));
  width->setToolTip(tr("84 mm is one column, 174 mm two columns of most papers"));
  auto* dpi = new QSpinBox;
  dpi->setRange(72, 1200);
  dpi->setValue(300);
  dpi->setToolTip(tr("Resolution of PNG files and rasterised layers"));
  auto* theme = new QComboBox;
  theme->addItems({tr("light"), tr("dark")});
  auto* raster = new QSpinBox;
  raster->setRange(0, 1'000'000);
  raster->setValue(20'000);
  raster->setSpecialValueText(tr("never"));
  raster->setGroupSeparatorShown(true);
  raster->setToolTip(
      tr("PDF and SVG: a layer of more boxes than this becomes one lossless image, so that the file stays "
         "readable"));
  form->addRow(tr("Format"), kind);
  form->addRow(tr("Width"), width);
  form->addRow(tr("Resolution (dpi)"), dpi);
  form->addRow(tr("Figure theme"), theme);
  form->addRow(tr("Rasterise layers above"), raster);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
  form->addRow(buttons);
  connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  if (dialog.exec() != QDialog::Accepted) return;
  if (!state_->frame()) return;  // what was shown may have ended while the dialog was open
  QSettings settings = openSettings();
  const QString base = QStringLiteral("%1-step%2.%3")
                           .arg(QFileInfo(state_->probeName()).completeBaseName())
                           .arg(state_->frame()->step)
                           .arg(kind->currentText());
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Export view"), QDir(settings.value(QStringLiteral("exportFolder")).toString()).filePath(base),
      tr("%1 file (*.%2)").arg(kind->currentText().toUpper(), kind->currentText()));
  if (path.isEmpty()) return;
  settings.setValue(QStringLiteral("exportFolder"), QFileInfo(path).absolutePath());
  ExportOptions options;
  options.widthMm = width->value();
  options.dpi = dpi->value();
  options.theme = theme->currentIndex() == 0 ? FigureTheme::kLight : FigureTheme::kDark;
  options.rasterAbove = static_cast<std::size_t>(raster->value());
  options.overwrite = Overwrite::kYes;       // the file dialog has asked
  if (!exportViewTo(path, options)) return;  // told in the message bar
}

Result<FigureReport> MainWindow::exportViewTo(const QString& path, const ExportOptions& options) {
  if (!state_->frame()) {
    const Error error =
        makeError(ErrorCode::kUsage, "There is nothing to export yet", "Start a run or open a recorded one");
    messages_->show(error);
    return error;
  }
  FigureSpec spec = figureFromView(*state_, canvas_->visibleInImage());
  spec.widthMm = options.widthMm;
  spec.dpi = options.dpi;
  spec.theme = options.theme;
  spec.rasterAbove = options.rasterAbove;
  auto report = renderFigure(spec, path.toStdString(), options.overwrite);
  if (!report) {
    messages_->show(report.error());
    return report;
  }
  QString text = tr("Wrote %1 (%2 × %3 mm, %4 vector boxes)")
                     .arg(path)
                     .arg(report->widthMm, 0, 'f', 1)
                     .arg(report->heightMm, 0, 'f', 1)
                     .arg(report->vectorBoxes);
  for (const std::string& note : report->notes)
    text += QStringLiteral(". ") + QString::fromStdString(note);
  messages_->show(MessageKind::kNote, text);
  return report;
}

void MainWindow::exportCurves() {
  QSettings settings = openSettings();
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Export curves"),
      QDir(settings.value(QStringLiteral("exportFolder")).toString()).filePath(QStringLiteral("curves.pdf")),
      tr("PDF (*.pdf);;PNG (*.png);;Values as CSV (*.csv)"));
  if (path.isEmpty()) return;
  settings.setValue(QStringLiteral("exportFolder"), QFileInfo(path).absolutePath());
  if (!exportCurvesTo(path, Overwrite::kYes)) return;  // told in the message bar
}

Status MainWindow::exportCurvesTo(const QString& path, Overwrite overwrite) {
  Status status = curves_->exportTo(path, overwrite);
  if (!status)
    messages_->show(status.error());
  else
    statusBar()->showMessage(tr("Wrote %1").arg(path), 8000);
  return status;
}

}  // namespace anchorscope
