#include "core/store/schema.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <utility>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/store/spec_json.h"

namespace anchorscope {
namespace fs = std::filesystem;
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE run(header TEXT NOT NULL, checksum INTEGER);
CREATE TABLE step(step INTEGER PRIMARY KEY, checksum INTEGER);
CREATE TABLE scalar_name(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, checksum INTEGER);
CREATE TABLE scalar(
  name_id INTEGER NOT NULL REFERENCES scalar_name(id), step INTEGER NOT NULL, value REAL, checksum INTEGER,
  PRIMARY KEY(name_id, step)) WITHOUT ROWID;
CREATE TABLE event(
  id INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, checksum INTEGER);
CREATE TABLE spec(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, json TEXT NOT NULL, checksum INTEGER, UNIQUE(kind, json));
CREATE TABLE probe(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, checksum INTEGER);
CREATE TABLE image(
  id INTEGER PRIMARY KEY, probe_id INTEGER NOT NULL REFERENCES probe(id), hash INTEGER NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, rgb BLOB,
  input_width INTEGER NOT NULL, input_height INTEGER NOT NULL,
  scale_x REAL, scale_y REAL, offset_x REAL, offset_y REAL, objects INTEGER, checksum INTEGER);
CREATE INDEX image_by_hash ON image(hash);
CREATE TABLE object(
  image_id INTEGER NOT NULL REFERENCES image(id), position INTEGER NOT NULL,
  x1 REAL, y1 REAL, x2 REAL, y2 REAL, class INTEGER NOT NULL, ignored INTEGER NOT NULL, checksum INTEGER,
  PRIMARY KEY(image_id, position)) WITHOUT ROWID;
CREATE TABLE geometry(
  id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, levels TEXT NOT NULL, count INTEGER NOT NULL, boxes BLOB NOT NULL,
  checksum INTEGER);
CREATE INDEX geometry_by_hash ON geometry(hash);
CREATE TABLE frame(
  id INTEGER PRIMARY KEY AUTOINCREMENT, probe_id INTEGER NOT NULL REFERENCES probe(id), step INTEGER NOT NULL,
  image_id INTEGER NOT NULL REFERENCES image(id), geometry_id INTEGER NOT NULL REFERENCES geometry(id),
  class_names_id INTEGER REFERENCES spec(id), arrays INTEGER, checksum INTEGER, UNIQUE(probe_id, step));
CREATE INDEX frame_by_step ON frame(step);
CREATE TABLE array(
  frame_id INTEGER NOT NULL REFERENCES frame(id), position INTEGER NOT NULL, kind INTEGER NOT NULL,
  spec_id INTEGER REFERENCES spec(id), level INTEGER NOT NULL, encoding INTEGER NOT NULL, count INTEGER NOT NULL,
  bytes BLOB, checksum INTEGER, UNIQUE(frame_id, position));
)sql";

/// What version 3 added. Blocks draw their ids together with frames, so that arrays belong to either.
constexpr const char* kBlockTable = R"sql(
CREATE TABLE block(
  id INTEGER PRIMARY KEY, frame_id INTEGER NOT NULL REFERENCES frame(id), variant_id INTEGER NOT NULL,
  stage INTEGER NOT NULL, geometry_id INTEGER NOT NULL REFERENCES geometry(id), arrays INTEGER NOT NULL,
  checksum INTEGER, UNIQUE(frame_id, variant_id, stage));
)sql";

/// What version 4 added.
constexpr const char* kChangeTable = R"sql(
CREATE TABLE parameter_change(
  id INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, key TEXT NOT NULL, old_value TEXT NOT NULL,
  new_value TEXT NOT NULL, checkpoint TEXT NOT NULL, cause TEXT NOT NULL, checksum INTEGER);
)sql";

/// What version 2 added, table by table.
constexpr std::pair<const char*, const char*> kNewInVersion2[] = {
    {"run", "checksum"},   {"step", "checksum"},   {"scalar_name", "checksum"}, {"scalar", "checksum"},
    {"event", "checksum"}, {"spec", "checksum"},   {"probe", "checksum"},       {"image", "objects"},
    {"image", "checksum"}, {"object", "checksum"}, {"geometry", "checksum"},    {"frame", "arrays"},
    {"frame", "checksum"}, {"array", "checksum"}};

/// Adds to an earlier version's trace what it lacks.
Status bringUpToDate(Database& database, std::int64_t version) {
  return inTransaction(database, "BEGIN IMMEDIATE", [&]() -> Status {
    if (version < 2)
      for (const auto& [table, column] : kNewInVersion2)
        ANCHORSCOPE_TRY(database.execute(concat("ALTER TABLE ", table, " ADD COLUMN ", column, " INTEGER")));
    if (version < 3) ANCHORSCOPE_TRY(database.execute(kBlockTable));
    ANCHORSCOPE_TRY(database.execute(kChangeTable));
    return database.execute(concat("PRAGMA user_version=", kTraceSchemaVersion));
  });
}

/// Lets a reader see an earlier version's trace as one of this version, without blocks and journal, new
/// columns being NULL: by tables and views of the connection's own, which stand in front of the trace's.
Status showUpToDate(Database& database, std::int64_t version) {
  ANCHORSCOPE_TRY(database.execute("PRAGMA temp_store=MEMORY"));
  ANCHORSCOPE_TRY(
      database.execute("CREATE TEMP TABLE parameter_change(id INTEGER, step INTEGER, key TEXT, old_value "
                       "TEXT, new_value TEXT, checkpoint TEXT, cause TEXT, checksum INTEGER)"));
  if (version >= 3) return {};
  ANCHORSCOPE_TRY(
      database.execute("CREATE TEMP TABLE block(id INTEGER, frame_id INTEGER, variant_id INTEGER, stage "
                       "INTEGER, geometry_id INTEGER, "
                       "arrays INTEGER, checksum INTEGER)"));
  if (version >= 2) return {};
  std::map<std::string, std::string> columns;
  for (const auto& [table, column] : kNewInVersion2)
    columns[table] += concat(", NULL AS ", column);
  for (const auto& [table, added] : columns)
    ANCHORSCOPE_TRY(
        database.execute(concat("CREATE TEMP VIEW ", table, " AS SELECT *", added, " FROM main.", table)));
  return {};
}

/// The trace's version.
Result<std::int64_t> checkTrace(Database& database) {
  const Result<std::int64_t> application = database.integer("PRAGMA application_id");
  if (!application) return application.error();
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*application != kTraceApplication)
    return makeError(ErrorCode::kBadData,
                     concat("'", database.path(), "' is an SQLite database, but no recorded run"),
                     "Name the folder of a recorded run");
  if (*version < 1 || *version > kTraceSchemaVersion)
    return makeError(ErrorCode::kBadData,
                     concat("'", database.path(), "' has trace version ", *version,
                            "; this program reads versions up to ", kTraceSchemaVersion),
                     "Open it with the newer version that recorded it");
  return *version;
}

std::string uriOf(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#')
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    else
      uri += c;
  }
  return uri;
}

/// A trace whose folder cannot be written. SQLite wants a shared index beside a write-ahead log; it makes
/// none there, and opens the file only when told that nobody changes it. So does nobody without that index.
Result<std::unique_ptr<Database>> openUnwritable(const std::string& path) {
  std::error_code code;
  if (const auto size = fs::file_size(path + "-wal", code); !code && size > 0)
    return makeError(
        ErrorCode::kIo,
        concat("'", path, "' was not closed, and its folder cannot be written, which reading needs"),
        "Copy the run's folder to where you may write");
  return Database::open(uriOf(fs::absolute(path).string()) + "?immutable=1",
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

/// Whether this process, as it is now, may make files beside it.
bool isFolderWritable(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return ::faccessat(AT_FDCWD, folder.empty() ? "." : folder.c_str(), W_OK, AT_EACCESS) == 0;
}

}  // namespace

Status createTrace(const std::string& path, const RunHeader& header) {
  Result<std::unique_ptr<Database>> database =
      Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE);
  if (!database) return std::move(database).error();
  // 16 KiB pages: blobs of some kB take fewer overflow pages. The journal becomes a WAL when recording
  // starts.
  ANCHORSCOPE_TRY((*database)->execute(
      concat("PRAGMA page_size=16384; PRAGMA encoding='UTF-8'; PRAGMA application_id=", kTraceApplication,
             "; PRAGMA user_version=", kTraceSchemaVersion)));
  return inTransaction(**database, "BEGIN", [&]() -> Status {
    ANCHORSCOPE_TRY((*database)->execute(kTables));
    ANCHORSCOPE_TRY((*database)->execute(kBlockTable));
    ANCHORSCOPE_TRY((*database)->execute(kChangeTable));
    Result<Statement> insert = (*database)->prepare("INSERT INTO run(header, checksum) VALUES(?1,?2)");
    if (!insert) return std::move(insert).error();
    return insert->bind(1, toJson(header)).runWithChecksum();
  });
}

Result<std::unique_ptr<Database>> openTrace(const std::string& path, TraceAccess access) {
  std::error_code code;
  ANCHORSCOPE_TRY(checkRegularFile(path));
  if (!fs::exists(path, code) && code)
    return makeError(ErrorCode::kIo, concat("Cannot read '", path, "': ", code.message()),
                     "Check the permissions of the run's folder");
  if (!fs::exists(path, code))
    return makeError(ErrorCode::kNotFound, concat("There is no recorded run: '", path, "' does not exist"),
                     "Name the folder of a recorded run");
  // SQLite takes an empty file for a new database.
  if (fs::file_size(path, code) == 0)
    return makeError(ErrorCode::kBadData, concat("'", path, "' is damaged: it is empty"),
                     "Copy the run folder again from where it came, or use another run");
  // Reading a write-ahead log needs its shared index beside it, so a reader also opens for writing where it
  // may.
  const bool indexed = fs::exists(path + "-shm", code) || isFolderWritable(path);
  Result<std::unique_ptr<Database>> database = indexed || access != TraceAccess::kRead
                                                   ? Database::open(path, SQLITE_OPEN_READWRITE)
                                                   : openUnwritable(path);
  if (!database && indexed && access == TraceAccess::kRead)
    database = Database::open(path, SQLITE_OPEN_READONLY);
  if (!database) return std::move(database).error();
  const Result<std::int64_t> version = checkTrace(**database);
  if (!version) return version.error();
  if (*version < kTraceSchemaVersion)
    ANCHORSCOPE_TRY(access == TraceAccess::kRead ? showUpToDate(**database, *version)
                                                 : bringUpToDate(**database, *version));
  if (access == TraceAccess::kRead) ANCHORSCOPE_TRY((*database)->execute("PRAGMA query_only=ON"));
  return database;
}

}  // namespace anchorscope
