#include "app/run/leftovers.h"

#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QLocale>

#include "app/run/temporary_run.h"
#include "app/settings.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "widgets/models/number_text.h"

namespace anchorscope {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("Leftovers", text);
}

/// Something was trained that can be looked at or gone on from.
bool isWorthAQuestion(const Leftover& leftover) {
  if (leftover.problem.isEmpty()) return leftover.steps > 0;
  const std::string folder = leftover.run->folder().toStdString();
  return QFileInfo::exists(QString::fromStdString(tracePath(folder))) || !listCheckpoints(folder).empty();
}

}  // namespace

QString Leftover::text() const {
  QStringList parts;
  if (problem.isEmpty()) parts << countText(steps, noun::kSteps);
  parts << tr("%1 MB").arg(static_cast<double>(bytes) / 1e6, 0, 'f', 1)
        << QLocale(QLocale::English).toString(changed, QStringLiteral("d MMM HH:mm"));
  if (!problem.isEmpty()) parts << tr("cannot be read: %1").arg(problem);
  return parts.join(QStringLiteral(", "));
}

Leftover describe(std::shared_ptr<TemporaryRun> run) {
  Leftover leftover;
  for (QDirIterator file(run->folder(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
       file.hasNext();) {
    file.next();
    leftover.bytes += file.fileInfo().size();
    if (const QDateTime changed = file.fileInfo().lastModified();
        !leftover.changed.isValid() || changed > leftover.changed)
      leftover.changed = changed;
  }
  if (const auto opened = openRun(run->folder().toStdString())) {
    const RunHeader& header = (*opened)->header();
    leftover.title =
        QStringLiteral("%1 · %2 · %3")
            .arg(shortDataName(QString::fromStdString(header.dataSpec)),
                 QString::fromStdString(header.methodName), QString::fromStdString(header.modelName));
    leftover.steps = (*opened)->lastStep();
  } else {
    leftover.title = QDir(run->folder()).dirName();
    leftover.problem = QString::fromStdString(opened.error().message);
  }
  leftover.run = std::move(run);
  return leftover;
}

std::vector<Leftover> findLeftovers() {
  std::vector<Leftover> found;
  for (std::shared_ptr<TemporaryRun>& run : TemporaryRun::takeLeftovers()) {
    Leftover leftover = describe(std::move(run));
    if (isWorthAQuestion(leftover))
      found.push_back(std::move(leftover));
    else
      leftover.run->giveUp();
  }
  return found;
}

}  // namespace anchorscope
