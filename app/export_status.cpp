#include "app/export_status.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QToolButton>
#include <algorithm>

#include "app/exporter.h"
#include "widgets/panels/elided_label.h"

namespace anchorscope {
namespace {

constexpr int kFine = 1000, kBarWidth = 96, kMostText = 260;

}  // namespace

ExportStatus::ExportStatus(Exporter& exporter, QWidget* parent)
    : QWidget(parent),
      exporter_(exporter),
      what_(new ElidedLabel),
      bar_(new QProgressBar),
      cancel_(new QToolButton) {
  setObjectName(QStringLiteral("exportStatus"));
  auto* line = new QHBoxLayout(this);
  line->setContentsMargins(8, 0, 8, 0);
  line->setSpacing(8);
  what_->setObjectName(QStringLiteral("exportFiles"));
  what_->setMaximumWidth(kMostText);
  line->addWidget(what_, 1);
  bar_->setObjectName(QStringLiteral("exportBar"));
  bar_->setRange(0, kFine);
  bar_->setFixedSize(kBarWidth, 6);
  bar_->setTextVisible(false);
  line->addWidget(bar_);
  cancel_->setObjectName(QStringLiteral("cancelExport"));
  cancel_->setText(tr("Cancel"));
  cancel_->setProperty("role", "link");
  cancel_->setToolTip(tr("Give up what is being written; nothing of it is left"));
  cancel_->setFocusPolicy(Qt::TabFocus);
  line->addWidget(cancel_);
  connect(cancel_, &QToolButton::clicked, &exporter_, &Exporter::cancel);
  connect(&exporter_, &Exporter::changed, this, &ExportStatus::refresh);
  refresh();
}

void ExportStatus::refresh() {
  const std::vector<Exporter::File> files = exporter_.files();
  setVisible(!files.empty());
  if (files.empty()) return;
  QStringList names, paths;
  double done = 0;
  bool wanted = false;
  for (const Exporter::File& file : files) {
    names << QFileInfo(file.path).fileName();
    paths << file.path;
    done += file.done / static_cast<double>(files.size());
    wanted = wanted || !file.cancelled;
  }
  const QString what = (wanted ? tr("Writing %1") : tr("Giving up %1")).arg(names.join(QStringLiteral(", ")));
  what_->setText(what);
  what_->setToolTip(paths.join(QLatin1Char('\n')));
  bar_->setAccessibleName(what);
  bar_->setToolTip(what_->toolTip());
  bar_->setValue(static_cast<int>(kFine * done));
  cancel_->setEnabled(wanted);
  cancel_->setAccessibleName(tr("Cancel: %1").arg(what));
}

}  // namespace anchorscope
