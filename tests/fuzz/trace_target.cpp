// The trace of a recorded run, as bytes and as rows that hold anything: reading all of it, and going on with
// it.
#include <array>
#include <cstring>
#include <filesystem>
#include <limits>

#include "core/base/check.h"
#include "core/store/blob.h"
#include "core/store/run_folder.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "core/store/sqlite.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/store/run_testing.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope::fuzz {
namespace {

using namespace std::string_view_literals;

std::vector<std::string> seeds() {
  const testing::TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  auto writer = createRun(run, testing::makeHeader(), Overwrite::kNo);
  ANCHORSCOPE_CHECK(writer.ok(), writer.error().text());
  const auto variant = std::make_shared<const Variant>(Variant{"atss", {{"method.top_k", "9"}}});
  for (std::int64_t step = 0; step < 3; ++step)
    (*writer)->record({step,
                       {{"loss", 0.5}, {"lr", 0.1}},
                       {testing::makeAwkwardFrame("a", step), testing::makeTwoStageFrame("b", step),
                        testing::makeTwoStageFrame("b", step, variant)}});
  (*writer)->recordEvent({2, "note", "end"});
  writer->reset();
  return {testing::readFile(tracePath(run))};
}

void check(const ProbeFrame& frame) {
  for (const auto& stage : frame.stages)
    for (const Channel& channel : stage->channels)
      ANCHORSCOPE_CHECK(channel.values.empty() || channel.values.size() == stage->candidates->count() ||
                            channel.spec.domain == ChannelDomain::kCell,
                        "a channel of another length");
}

void readAll(const std::string& folder) {
  const auto opened = openRun(folder);
  if (!opened) {
    ANCHORSCOPE_CHECK(opened.error().code != ErrorCode::kInternal, opened.error().text());
    return;
  }
  RunReader& run = **opened;
  for (const std::string& name : run.scalarNames()) {
    const auto series = run.scalar(name);
    ANCHORSCOPE_CHECK(!series || series->steps.size() == series->values.size(), "a series with a gap");
  }
  static_cast<void>(run.events().ok());
  for (const std::string& probe : run.probeNames())
    for (const std::int64_t step : run.recordedSteps(probe)) {
      if (const auto frame = run.frame(probe, step)) check(**frame);
      if (const auto variants = run.variants(probe, step))
        for (const Variant& variant : *variants)
          if (const auto frame = run.frame(probe, step, variant.name)) check(**frame);
    }
  static_cast<void>(run.takeProblems());
}

void readTrace(std::string_view bytes) {
  const std::string folder = workFolder() + "/run", path = writeWorkFile("run/trace.sqlite", bytes);
  for (const char* suffix : {"-wal", "-shm", "-journal"})
    std::filesystem::remove(path + suffix);
  readAll(folder);
  auto writer = continueRun(folder, 1);
  if (!writer) return;
  (*writer)->record({2, {{"loss", 0.25}}, {testing::makeAwkwardFrame("a", 2)}});
  writer->reset();
  readAll(folder);
}

/// Takes numbers and texts from the front of the input; zeros behind its end.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  template <typename Number>
  Number number() {
    Number value{};
    const std::string_view bytes = text(sizeof(value));
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::string_view text(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

/// Overwrites a part of `old`: what is changed in the middle of a declaration leaves the rest of it readable.
std::string overwritten(std::string old, std::size_t at, std::string_view with) {
  if (old.empty()) return std::string(with);
  at %= old.size();
  return old.replace(at, std::min(with.size(), old.size() - at), with);
}

/// One value of one row, set to anything. A row without a checksum is believed, as those of version 1 are.
Status changeRow(Database& database, Input& input) {
  struct Table {
    const char* name;
    std::vector<const char*> columns;
    const char* key = "rowid";
  };
  static const std::vector<Table> tables = {
      {"run", {"header"}},
      {"step", {"step"}},
      {"scalar_name", {"name"}},
      {"scalar", {"name_id", "step", "value"}, "name_id, step"},
      {"event", {"step", "kind", "text"}},
      {"spec", {"kind", "json"}},
      {"probe", {"name"}},
      {"image",
       {"probe_id", "width", "height", "rgb", "input_width", "input_height", "scale_x", "scale_y", "offset_x",
        "offset_y", "objects"}},
      {"object", {"image_id", "position", "x1", "y1", "x2", "y2", "class", "ignored"}, "image_id, position"},
      {"geometry", {"levels", "count", "boxes"}},
      {"frame", {"probe_id", "step", "image_id", "geometry_id", "class_names_id", "arrays"}},
      {"array", {"frame_id", "position", "kind", "spec_id", "level", "encoding", "count", "bytes"}}};
  const Table& table = tables[input.number<std::uint8_t>() % tables.size()];
  const std::string column = table.columns[input.number<std::uint8_t>() % table.columns.size()];
  const int row = input.number<std::uint8_t>();
  const std::string from = concat(" FROM ", table.name, " ORDER BY ", table.key, " LIMIT 1 OFFSET ", row,
                                  " % (SELECT count(*) FROM ", table.name, ")");
  Result<Statement> find = database.prepare("SELECT " + column + from);
  if (!find) return find.error();
  const Result<bool> found = find->next();
  if (!found) return found.error();
  if (!*found) return {};
  const std::string old(find->blob(0));
  find->reset();
  Result<Statement> change =
      database.prepare(concat("UPDATE ", table.name, " SET ", column, "=?1, checksum=NULL WHERE (", table.key,
                              ")=(SELECT ", table.key, from, ")"));
  if (!change) return change.error();
  BlobEncoder encoder;
  std::string bytes;
  switch (input.number<std::uint8_t>() % 6) {
    case 0:
      change->bindNull(1);
      break;
    case 1:
      change->bind(1, input.number<std::int64_t>());
      break;
    case 2:
      change->bind(1, static_cast<std::int64_t>(input.number<std::int8_t>()));
      break;
    case 3:
      change->bind(1, input.number<double>());
      break;
    case 4: {
      const auto at = input.number<std::uint16_t>();
      bytes = overwritten(old, at, input.text(input.number<std::uint8_t>()));
      if (column == "header" || column == "json" || column == "levels")
        change->bind(1, std::string_view(bytes));
      else
        change->bindBlob(1, bytes);
      break;
    }
    default:  // a whole blob with other values in it
      bytes = encoder.encodeBytes(input.text(input.number<std::uint16_t>())).bytes;
      change->bindBlob(1, bytes);
  }
  // A row that would break a rule of the schema stays as it is.
  static_cast<void>(change->run().ok());
  return {};
}

void readRows(std::string_view bytes) {
  static const std::string valid = seeds().front();
  const std::string folder = workFolder() + "/rows", path = writeWorkFile("rows/trace.sqlite", valid);
  for (const char* suffix : {"-wal", "-shm", "-journal"})
    std::filesystem::remove(path + suffix);
  {
    const auto database = Database::open(path, SQLITE_OPEN_READWRITE);
    ANCHORSCOPE_CHECK(database.ok(), path);
    Input input(bytes);
    constexpr int kMostChanges = 8;
    for (int i = 0; i < kMostChanges && !input.empty(); ++i) {
      const Status changed = changeRow(**database, input);
      ANCHORSCOPE_CHECK(changed.ok(), changed.ok() ? "" : changed.error().text());
    }
  }
  readAll(folder);
}

/// Each value of the first rows made NULL, a large number and another text.
std::vector<std::string> changes() {
  std::vector<std::string> inputs;
  for (char table = 0; table < 12; ++table)
    for (char column = 0; column < 11; ++column)
      for (const std::string_view value :
           {"\x00"sv, "\x01\xff\xff\xff\xff\xff\xff\xff\x7f"sv, "\x04\x02\x00\x01{"sv})
        inputs.push_back(std::string{table, column, '\0'} + std::string(value));
  return inputs;
}

ANCHORSCOPE_FUZZ_TARGET("trace", readTrace, seeds, 60);
const RegisterTarget registerRows(FuzzTarget{"trace_rows", readRows, changes, 100});

}  // namespace
}  // namespace anchorscope::fuzz
