#include "widgets/panels/data_spec_guess.h"

#include <QDir>
#include <QFileInfo>

namespace anchorscope {
namespace {

QString imagesFolderBeside(const QString& json) {
  const QDir folder = QFileInfo(json).dir();
  for (const QString& base : {QStringLiteral("."), QStringLiteral("..")})
    for (const char* name : {"images", "train2017", "val2017", "JPEGImages"})
      if (const QDir images(folder.filePath(base + QLatin1Char('/') + QLatin1String(name))); images.exists())
        return images.canonicalPath();
  return folder.canonicalPath();
}

bool isImage(const QString& suffix) {
  return suffix == QLatin1String("jpg") || suffix == QLatin1String("jpeg") || suffix == QLatin1String("png");
}

bool hasImages(const QDir& folder) {
  return !folder
              .entryList({QStringLiteral("*.jpg"), QStringLiteral("*.jpeg"), QStringLiteral("*.png")},
                         QDir::Files)
              .isEmpty();
}

}  // namespace

QString guessDataSpec(const QString& path) {
  const QFileInfo entry(path);
  const QString suffix = entry.suffix().toLower();
  if (entry.isFile() && suffix == QLatin1String("json"))
    return QStringLiteral("coco:%1,%2").arg(entry.filePath(), imagesFolderBeside(path));
  if (entry.isFile() && (suffix == QLatin1String("yaml") || suffix == QLatin1String("yml")))
    return QStringLiteral("yolo:%1").arg(entry.filePath());
  // One image stands for the folder it is in.
  if (entry.isFile() && isImage(suffix)) return guessDataSpec(entry.absolutePath());
  if (!entry.isDir()) return {};
  const QDir folder(path);
  if (folder.exists(QStringLiteral("Annotations")) && folder.exists(QStringLiteral("JPEGImages"))) {
    const bool split = folder.exists(QStringLiteral("ImageSets/Main/train.txt"));
    return QStringLiteral("voc:%1%2").arg(entry.filePath(), split ? QStringLiteral("#train") : QString());
  }
  for (const QString& yaml :
       folder.entryList({QStringLiteral("*.yaml"), QStringLiteral("*.yml")}, QDir::Files))
    return QStringLiteral("yolo:%1").arg(folder.filePath(yaml));
  if (folder.exists(QStringLiteral("annotations")))
    for (const QString& json :
         QDir(folder.filePath(QStringLiteral("annotations")))
             .entryList({QStringLiteral("instances*.json"), QStringLiteral("*.json")}, QDir::Files))
      return guessDataSpec(folder.filePath(QStringLiteral("annotations/") + json));
  return hasImages(folder) ? QStringLiteral("folder:%1").arg(entry.filePath()) : QString();
}

}  // namespace anchorscope
