// The help window: opened at the page that tells of what is in front of the user.
#include "app/main_window.h"
#include "widgets/help/help_window.h"
#include "widgets/panels/start_page.h"

namespace anchorscope {

void MainWindow::showHelp(const QString& what) {
  if (!help_) help_ = new HelpWindow(this);
  help_->showTopic(what);
  help_->show();
  help_->raise();
  help_->activateWindow();
}

QString MainWindow::presentTopic() const {
  if (onStartPage()) return QString::fromStdString(start_->config().method);
  if (recorded_) return QString::fromStdString(recorded_->header().methodName);
  if (const auto& facts = run_->bridge().facts()) return QString::fromStdString(facts->config.method);
  return QStringLiteral("index");
}

}  // namespace anchorscope
