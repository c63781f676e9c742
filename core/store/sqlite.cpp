#include "core/store/sqlite.h"

#include <zlib.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/check.h"

namespace anchorscope {

void RowChecksum::addBytes(char tag, std::string_view bytes) {
  std::uint8_t head[9] = {static_cast<std::uint8_t>(tag)};
  for (int i = 0; i < 8; ++i)
    head[1 + i] = static_cast<std::uint8_t>(std::uint64_t{bytes.size()} >> (8 * i));
  sum_ = static_cast<std::uint32_t>(::crc32_z(sum_, head, sizeof head));
  sum_ = static_cast<std::uint32_t>(
      ::crc32_z(sum_, reinterpret_cast<const Bytef*>(bytes.data() ? bytes.data() : ""), bytes.size()));
}

void RowChecksum::addNull() {
  const std::uint8_t tag = 'n';
  sum_ = static_cast<std::uint32_t>(::crc32_z(sum_, &tag, 1));
}

void RowChecksum::add(std::int64_t value) {
  std::uint8_t bytes[9] = {'i'};
  for (int i = 0; i < 8; ++i)
    bytes[1 + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  sum_ = static_cast<std::uint32_t>(::crc32_z(sum_, bytes, sizeof bytes));
}

void RowChecksum::add(double value) {
  if (std::isnan(value)) return addNull();
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  std::uint8_t bytes[9] = {'r'};
  for (int i = 0; i < 8; ++i)
    bytes[1 + i] = static_cast<std::uint8_t>(bits >> (8 * i));
  sum_ = static_cast<std::uint32_t>(::crc32_z(sum_, bytes, sizeof bytes));
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  if (isNext(parameter)) bound_.add(value);
  if (const int code = sqlite3_bind_int64(statement_.get(), parameter, value)) bindCode_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  if (isNext(parameter)) bound_.add(value);
  if (const int code = sqlite3_bind_double(statement_.get(), parameter, value)) bindCode_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  if (isNext(parameter)) bound_.addText(text);
  if (const int code = sqlite3_bind_text64(statement_.get(), parameter, text.data() ? text.data() : "",
                                           text.size(), SQLITE_TRANSIENT, SQLITE_UTF8))
    bindCode_ = code;
  return *this;
}

Statement& Statement::bindNull(int parameter) {
  if (isNext(parameter)) bound_.addNull();
  if (const int code = sqlite3_bind_null(statement_.get(), parameter)) bindCode_ = code;
  return *this;
}

Statement& Statement::bindBlob(int parameter, std::string_view bytes) {
  if (isNext(parameter)) bound_.addBlob(bytes);
  if (const int code = sqlite3_bind_blob64(statement_.get(), parameter, bytes.data() ? bytes.data() : "",
                                           bytes.size(), SQLITE_STATIC))
    bindCode_ = code;
  return *this;
}

Status Statement::run() {
  const StatementReset reset(*this);
  Result<bool> row = next();
  if (!row) return std::move(row).error();
  return {};
}

Status Statement::runWithChecksum() {
  const int last = sqlite3_bind_parameter_count(statement_.get());
  ANCHORSCOPE_CHECK(boundCount_ == last - 1, "a row was not bound in the order of its columns");
  return bind(last, bound_.value()).run();
}

Result<bool> Statement::next() {
  ANCHORSCOPE_CHECK(bindCode_ != SQLITE_RANGE && bindCode_ != SQLITE_MISUSE, "a statement was bound wrongly");
  if (bindCode_ != SQLITE_OK) return database_->failure();  // out of memory, or larger than SQLite's limit
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->failure();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  bindCode_ = SQLITE_OK;
  bound_ = {};
  boundCount_ = 0;
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return isNull(column) ? std::numeric_limits<double>::quiet_NaN()
                        : sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  return std::string(blob(column));
}

std::string_view Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes ? std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(size))
               : std::string_view();
}

bool Statement::checksumHolds() const {
  const int last = sqlite3_column_count(statement_.get()) - 1;
  if (isNull(last)) return true;
  RowChecksum sum;
  for (int column = 0; column < last; ++column) {
    switch (sqlite3_column_type(statement_.get(), column)) {
      case SQLITE_INTEGER:
        sum.add(integer(column));
        break;
      case SQLITE_FLOAT:
        sum.add(real(column));
        break;
      case SQLITE_TEXT:
        sum.addText(blob(column));
        break;
      case SQLITE_BLOB:
        sum.addBlob(blob(column));
        break;
      default:
        sum.addNull();
    }
  }
  return sqlite3_column_type(statement_.get(), last) == SQLITE_INTEGER && integer(last) == sum.value();
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (!handle) return makeError(ErrorCode::kIo, concat("Cannot open '", path, "': out of memory"));
  std::unique_ptr<Database> database(new Database(handle, path));
  if (code != SQLITE_OK) return database->failure();
  sqlite3_extended_result_codes(handle, 1);
  // The file may come from anywhere: nothing in it may run, and damage is to be noticed.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_busy_timeout(handle, 60'000);
  ANCHORSCOPE_TRY(database->execute("PRAGMA cell_size_check=ON"));
  return database;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK)
    return failure();
  Statement out;
  out.statement_.reset(statement);
  out.database_ = this;
  return out;
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return std::move(statement).error();
  const Result<bool> row = statement->next();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

Result<std::int64_t> Database::nextId(const std::string& table) {
  Result<std::int64_t> most =
      integer("SELECT max((SELECT ifnull(max(id),0) FROM " + table +
              "), (SELECT ifnull(max(seq),0) FROM sqlite_sequence WHERE name='" + table + "'))");
  if (!most) return most;
  if (*most < 0 || *most > std::numeric_limits<std::int64_t>::max() / 2)
    return makeError(ErrorCode::kBadData, concat("'", path_, "' is damaged: an impossible id in ", table),
                     "Copy the run folder again from where it came, or use another run");
  return *most + 1;
}

Error Database::failure() const {
  const int code = sqlite3_extended_errcode(handle_);
  const std::string reason = sqlite3_errmsg(handle_);
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return makeError(ErrorCode::kBadData, concat("'", path_, "' is not a trace: it is no SQLite database"));
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:  // a table or column that should be there is not
    case SQLITE_SCHEMA:
      return makeError(ErrorCode::kBadData, concat("'", path_, "' is damaged: ", reason),
                       "Copy the run folder again from where it came, or use another run");
    case SQLITE_FULL:
      return makeError(ErrorCode::kIo, concat("The disk of '", path_, "' is full"), "Free some disk space");
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_SHORT_READ)
        return makeError(ErrorCode::kBadData, concat("'", path_, "' is damaged: it ends too early"));
      // SQLite does not always know why: not where a write was short, as at a limit on the size of files.
      if (const int why = sqlite3_system_errno(handle_); why != 0)
        return makeError(
            ErrorCode::kIo,
            concat("Reading or writing '", path_, "' failed: ", reason, " (", std::strerror(why), ")"),
            "Check the disk and its free space");
      return makeError(ErrorCode::kIo, concat("Reading or writing '", path_, "' failed: ", reason),
                       "Check the disk, its free space and the limit on the size of files (ulimit -f)");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return makeError(ErrorCode::kIo, concat("'", path_, "' is locked by another program"),
                       "Close it and try again");
    default:
      return makeError(ErrorCode::kIo, concat("Cannot use '", path_, "': ", reason),
                       "Check that the path exists and may be read and written");
  }
}

}  // namespace anchorscope
