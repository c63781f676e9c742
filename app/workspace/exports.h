#pragma once
// The view and the curves as files: asks for format, size and place, writes, and tells what was written.

#include <QCoreApplication>
#include <QString>
#include <cstddef>
#include <functional>

#include "app/exporter.h"
#include "core/base/atomic_file.h"
#include "widgets/figure/figure.h"

class QWidget;

namespace anchorscope {

class CanvasGrid;
class CurvesView;
class Notifier;
class Workspace;

/// How exported views and curves are drawn.
struct ExportOptions {
  double widthMm = 84;
  int dpi = 300;
  FigureTheme theme = FigureTheme::kLight;
  std::size_t rasterAbove = 20'000;
  Overwrite overwrite = Overwrite::kNo;
};

/// GUI thread only.
class Exports {
  Q_DECLARE_TR_FUNCTIONS(Exports)

 public:
  /// Dialogs stand over the window of `parent`. All must outlive it.
  Exports(QWidget& parent, Workspace& workspace, CanvasGrid& canvases, CurvesView& curves,
          Notifier& notifier);

  void askForView();
  void askForCurves();
  /// Drawn and written while the window goes on, which can give it up; what came of it is told.
  void writeView(const QString& path, const ExportOptions& options = {});
  void writeCurves(const QString& path, const ExportOptions& options = {});
  bool isBusy() const { return exporter_.isBusy(); }
  Exporter& exporter() { return exporter_; }

 private:
  void begin(const QString& path, Exporter::Write write, std::function<void(const FigureReport&)> written);

  QWidget& parent_;
  Workspace& workspace_;
  CanvasGrid& canvases_;
  CurvesView& curves_;
  Notifier& notifier_;
  Exporter exporter_;
};

}  // namespace anchorscope
