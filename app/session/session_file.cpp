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

}  // namespace

Status writeSession(const QString& path, const SessionState& state) {
  const QFileInfo file(path);
  // The kind first: it is looked for at the beginning (keys of a QJsonObject are in the order of the
  // alphabet).
  const QJsonObject saved{
      {"_kind", kKind},
      {"endedWell", state.endedWell},
      {"folder", state.folder},
      {"folderFromHere",
       state.folder.isEmpty() ? QString() : file.absoluteDir().relativeFilePath(state.folder)},
      {"looked", state.looked},
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
  state.folder = saved["folder"].toString();
  state.looked = saved["looked"].toObject();
  state.when = QDateTime::fromString(saved["when"].toString(), Qt::ISODate);
  state.endedWell = saved["endedWell"].toBool(true);
  const QString fromHere = saved["folderFromHere"].toString();
  if (!holdsRun(state.folder) && !fromHere.isEmpty())
    if (const QString moved = QDir::cleanPath(QFileInfo(path).absoluteDir().filePath(fromHere));
        holdsRun(moved))
      state.folder = moved;
  return state;
}

bool isSessionFile(const QString& path) {
  if (!QFileInfo(path).isFile()) return false;
  const auto beginning = readBeginning(path.toStdString(), kBeginning);
  return beginning && beginning->find(kKind.toStdString()) != std::string::npos;
}

}  // namespace anchorscope
