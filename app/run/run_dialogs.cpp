#include "app/run/run_dialogs.h"

#include <QDateTime>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMessageBox>
#include <QPushButton>
#include <algorithm>
#include <limits>

#include "app/run/checkpoint_dialog.h"
#include "app/settings.h"
#include "widgets/models/number_text.h"
#include "widgets/notify/notifier.h"

namespace anchorscope {
namespace {

Answer askInBox(QWidget* window, const Question& question) {
  QMessageBox box(QMessageBox::NoIcon, question.title, question.title, QMessageBox::Cancel, window);
  box.setInformativeText(question.text);
  QPushButton* keep =
      question.offersKeep ? box.addButton(QObject::tr("Keep…"), QMessageBox::AcceptRole) : nullptr;
  QPushButton* goAhead =
      box.addButton(question.goAhead, keep ? QMessageBox::DestructiveRole : QMessageBox::AcceptRole);
  box.setDefaultButton(keep ? keep : goAhead);
  box.exec();
  if (keep && box.clickedButton() == keep) return Answer::kKeep;
  return box.clickedButton() == goAhead ? Answer::kGoAhead : Answer::kCancel;
}

QString askWhereToKeep(QWidget* window, Notifier& notifier) {
  QSettings settings = openSettings();
  const QDir start(settings.value(QStringLiteral("keepFolder"), QDir::homePath()).toString());
  const QString name = QStringLiteral("run-") + QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss");
  const QString target =
      QFileDialog::getSaveFileName(window, QObject::tr("Keep the recorded run as a folder"),
                                   start.filePath(name), {}, nullptr, QFileDialog::DontConfirmOverwrite);
  if (target.isEmpty()) return {};
  if (QFileInfo::exists(target)) {
    notifier.tell(
        {MessageKind::kWarning, QObject::tr("'%1' exists already. Choose another name.").arg(target)});
    return {};
  }
  settings.setValue(QStringLiteral("keepFolder"), QFileInfo(target).absolutePath());
  return target;
}

std::optional<std::int64_t> askUntilStep(QWidget* window, std::int64_t planned, std::int64_t from) {
  bool accepted = false;
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  const int steps = QInputDialog::getInt(
      window, QObject::tr("Continue training"),
      QObject::tr("All %1 planned steps are done. Train until step").arg(countText(planned)),
      static_cast<int>(std::min(2 * from, kMost)), static_cast<int>(std::min(from + 1, kMost)),
      static_cast<int>(kMost), 100, &accepted);
  return accepted ? std::optional<std::int64_t>(steps) : std::nullopt;
}

}  // namespace

RunQuestions askWithDialogs(QWidget* window, Notifier& notifier) {
  return {[window](const Question& question) { return askInBox(window, question); },
          [window, &notifier] { return askWhereToKeep(window, notifier); },
          [window](std::int64_t planned, std::int64_t from) { return askUntilStep(window, planned, from); },
          [window](const GoBackOffer& offer) { return askWhereBack(window, offer); }};
}

}  // namespace anchorscope
