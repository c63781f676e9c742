#include "app/session/session_file.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include "core/base/atomic_file.h"
#include "core/base/check.h"

namespace anchorscope {

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20U;
constexpr std::size_t kBeginning = 256;
const QString kKind = QStringLiteral("anchorscope session");

bool holdsRun(const QString& folder) {
  return QFileInfo::exists(folder + QStringLiteral("/trace.sqlite"));
}

/// Where a run is that was at `folder`: there, or where it was seen from the file.
QString placeNow(const QString& folder, const QString& fromHere, const QString& file) {
  if (holdsRun(folder) || fromHere.isEmpty()) return folder;
  const QString moved = QDir::cleanPath(QFileInfo(file).absoluteDir().filePath(fromHere));
  return holdsRun(moved) ? moved : folder;
}

/// With what `change` makes of each run's folder.
template <typename Change>
QJsonObject withSources(QJsonObject looked, const Change& change) {
  QJsonArray sources = looked["sources"].toArray();
  for (auto&& source : sources) {
    QJsonObject changed = source.toObject();
    change(changed);
    source = changed;
  }
  if (!sources.isEmpty()) looked["sources"] = sources;
  return looked;
}

}  // namespace

Status writeSession(const QString& path, const SessionState& state) {
  const QFileInfo file(path);
  const QJsonObject looked = withSources(state.looked, [&](QJsonObject& source) {
    source["folderFromHere"] = file.absoluteDir().relativeFilePath(source["folder"].toString());
  });
  // The kind first: it is looked for at the beginning (keys of a QJsonObject are in the order of the
  // alphabet).
  const QJsonObject saved{
      {"_kind", kKind},
      {"endedWell", state.endedWell},
      {"folder", state.folder},
      {"folderFromHere",
       state.folder.isEmpty() ? QString() : file.absoluteDir().relativeFilePath(state.folder)},
      {"looked", looked},
      {"title", state.title},
      {"when", state.when.toUTC().toString(Qt::ISODate)}};
  const QByteArray bytes = QJsonDocument(saved).toJson(QJsonDocument::Indented);
  return writeFileAtomically(file.absoluteFilePath().toStdString(),
                             {bytes.constData(), static_cast<std::size_t>(bytes.size())}, Overwrite::kYes);
}

Result<SessionState> readSession(const QString& path) {
  const auto bytes = readFile(path.toStdString(), kMostBytes);
  if (!bytes) return bytes.error();
  const std::string place = path.toStdString();
  QJsonParseError problem;
  const QJsonDocument document =
      QJsonDocument::fromJson({bytes->data(), static_cast<qsizetype>(bytes->size())}, &problem);
  if (document.isNull())
    return makeError(ErrorCode::kBadData,
                     concat("'", place, "' is no session: it is no JSON (",
                            problem.errorString().toStdString(), " at byte ", problem.offset, ")"),
                     "File ▸ Save session writes one");
  const QJsonObject saved = document.object();
  if (saved["_kind"].toString() != kKind)
    return makeError(ErrorCode::kBadData, concat("'", place, "' is JSON, but no session of this program"),
                     "File ▸ Save session writes one; data sets are opened with File ▸ Open data");
  SessionState state;
  state.title = saved["title"].toString();
  state.folder = placeNow(saved["folder"].toString(), saved["folderFromHere"].toString(), path);
  state.looked = withSources(saved["looked"].toObject(), [&](QJsonObject& source) {
    source["folder"] = placeNow(source["folder"].toString(), source["folderFromHere"].toString(), path);
  });
  state.when = QDateTime::fromString(saved["when"].toString(), Qt::ISODate);
  state.endedWell = saved["endedWell"].toBool(true);
  return state;
}

bool isSessionFile(const QString& path) {
  if (!QFileInfo(path).isFile()) return false;
  const auto beginning = readBeginning(path.toStdString(), kBeginning);
  return beginning && beginning->find(kKind.toStdString()) != std::string::npos;
}

}  // namespace anchorscope
