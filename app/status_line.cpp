#include "app/status_line.h"

#include <QDockWidget>
#include <QLabel>
#include <QStatusBar>
#include <QToolButton>

#include "app/export_status.h"
#include "app/workspace/canvas_grid.h"
#include "app/workspace/workspace_page.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"
#include "widgets/theme/icons.h"

namespace anchorscope {

StatusLine::StatusLine(QStatusBar& bar, Notifier& notifier, WorkspacePage& page)
    : QObject(&bar), notifier_(notifier), values_(new QLabel), problems_(new QToolButton) {
  values_->setObjectName(QStringLiteral("statusValues"));
  values_->setContentsMargins(8, 0, 0, 0);
  values_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  bar.addWidget(values_, 1);
  bar.addPermanentWidget(new ExportStatus(page.exports().exporter()));
  problems_->setObjectName(QStringLiteral("problemsButton"));
  problems_->setIcon(themedIcon(QStringLiteral("warning"), &Theme::paused));
  problems_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  problems_->setToolTip(tr("Show what was found wrong with data and run"));
  problems_->setFocusPolicy(Qt::TabFocus);
  bar.addPermanentWidget(problems_);
  auto* hint = new QLabel(tr("?  keys"));
  hint->setContentsMargins(8, 0, 8, 0);
  bar.addPermanentWidget(hint);
  bar.setSizeGripEnabled(false);
  connect(&page.canvases(), &CanvasGrid::statusTextChanged, values_, &QLabel::setText);
  const auto mention = [&bar](const QString& text) {
    constexpr int kMilliseconds = 8000;
    bar.showMessage(text, kMilliseconds);
  };
  connect(&notifier_, &Notifier::mentioned, &bar, mention);
  connect(&page.canvases(), &CanvasGrid::noteWanted, &bar, mention);
  connect(problems_, &QToolButton::clicked, this, [&page] {
    if (QDockWidget* dock = page.docks().find("problems"); dock->isVisible())
      dock->hide();
    else
      page.docks().show("problems");
  });
  connect(&notifier_.problems(), &QAbstractItemModel::rowsInserted, this, &StatusLine::refresh);
  connect(&notifier_.problems(), &QAbstractItemModel::modelReset, this, &StatusLine::refresh);
  connect(&page, &WorkspacePage::entered, this, [this] { setInWorkspace(true); });
  connect(&page, &WorkspacePage::left, this, [this] { setInWorkspace(false); });
  refresh();
}

void StatusLine::setInWorkspace(bool inWorkspace) {
  inWorkspace_ = inWorkspace;
  if (!inWorkspace) values_->clear();
  refresh();
}

void StatusLine::refresh() {
  const int present = notifier_.problems().presentCount();
  const int earlier = notifier_.problems().rowCount() - present;
  problems_->setVisible(present + earlier > 0 && inWorkspace_);
  problems_->setText(present > 0 ? countText(present, noun::kProblems)
                                 : tr("%1 earlier").arg(countText(earlier)));
}

}  // namespace anchorscope
