#include "core/store/trace_writer.h"

#include <utility>

#include "core/base/check.h"

namespace anchorscope {

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(Database& database) {
  auto writer = std::make_unique<TraceWriter>();
  Result<std::unique_ptr<FrameWriter>> frames = FrameWriter::create(database);
  if (!frames) return std::move(frames).error();
  writer->frames_ = std::move(*frames);
  const std::pair<Statement*, const char*> statements[] = {
      {&writer->addStep_, "INSERT OR IGNORE INTO step(step, checksum) VALUES(?1,?2)"},
      {&writer->addName_, "INSERT INTO scalar_name(id, name, checksum) VALUES(?1,?2,?3)"},
      {&writer->findName_, "SELECT id FROM scalar_name WHERE name=?1"},
      {&writer->addScalar_,
       "INSERT OR REPLACE INTO scalar(name_id, step, value, checksum) VALUES(?1,?2,?3,?4)"},
      {&writer->addEvent_, "INSERT INTO event(id, step, kind, text, checksum) VALUES(?1,?2,?3,?4,?5)"},
      {&writer->addChange_,
       "INSERT INTO parameter_change(id, step, key, old_value, new_value, checkpoint, cause, checksum) "
       "VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"}};
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  for (const auto& [id, table] : {std::pair{&writer->nextName_, "scalar_name"},
                                  {&writer->nextEvent_, "event"},
                                  {&writer->nextChange_, "parameter_change"}}) {
    const Result<std::int64_t> next = database.nextId(table);
    if (!next) return next.error();
    *id = *next;
  }
  return writer;
}

Status TraceWriter::write(const StepRecord& record) {
  ANCHORSCOPE_TRY(addStep_.bind(1, record.step).runWithChecksum());
  for (const ScalarValue& scalar : record.scalars) {
    const Result<std::int64_t> name = nameId(scalar.name);
    if (!name) return name.error();
    ANCHORSCOPE_TRY(addScalar_.bind(1, *name).bind(2, record.step).bind(3, scalar.value).runWithChecksum());
  }
  for (const auto& frame : record.frames)
    ANCHORSCOPE_TRY(frames_->write(*frame));
  return {};
}

Status TraceWriter::write(const RunEvent& event) {
  addEvent_.bind(1, nextEvent_++).bind(2, event.step).bind(3, event.kind).bind(4, event.text);
  return addEvent_.runWithChecksum();
}

Status TraceWriter::write(const ParameterChange& change) {
  addChange_.bind(1, nextChange_++).bind(2, change.step).bind(3, change.key);
  addChange_.bind(4, change.before).bind(5, change.after);
  return addChange_.bind(6, change.checkpoint).bind(7, change.cause).runWithChecksum();
}

Result<std::int64_t> TraceWriter::nameId(const std::string& name) {
  if (const auto known = names_.find(name); known != names_.end()) return known->second;
  const StatementReset reset(findName_);
  const Result<bool> row = findName_.bind(1, name).next();
  if (!row) return row.error();
  if (*row) return names_[name] = findName_.integer(0);
  const std::int64_t id = nextName_++;
  ANCHORSCOPE_TRY(addName_.bind(1, id).bind(2, name).runWithChecksum());
  return names_[name] = id;
}

}  // namespace anchorscope
