#pragma once
// The tables of trace.sqlite (SCHEMA.md describes them) and how the file is made and recognised.

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/store/run_types.h"
#include "core/store/sqlite.h"

namespace anchorscope {

/// PRAGMA user_version. Version 1 had no checksums of rows and no counts of a frame's arrays and an image's
/// objects: it is read with NULL for them. Version 2 had no blocks: a frame was one stage, and the run's own.
/// Version 3 had no journal. All get what they lack when a run is continued.
inline constexpr int kTraceSchemaVersion = 4;
inline constexpr int kTraceApplication = 0x416e5363;  ///< PRAGMA application_id, "AnSc"

/// What an `array` row of a frame holds. The numbers stand in the trace: never renumber.
enum class ArrayKind {
  kChannel = 1,         ///< One float per anchor or cell; spec: the channel.
  kPairTable = 2,       ///< (2 + columns) x rows words: anchor, object, then the columns; spec: the table.
  kObjectColumn = 3,    ///< One float per object; spec: the column.
  kDecision = 4,        ///< No values; spec: the decision.
  kPredictedBoxes = 5,  ///< 4 floats per anchor: x1, y1, x2, y2.
  kPredictions =
      6,           ///< 8 x predictions words: x1, y1, x2, y2, score (floats), class, anchor (low, high word).
  kPairBound = 7,  ///< 1 + objects words: PairTable::missesPerObject, then omitted per object; spec: the
                   ///< table before it.
  kStage = 8,      ///< No values; spec: the stage. Absent: StageSpec().
  kOrigins = 9     ///< One word per candidate: CandidateSet::origins.
};

/// Kinds of `spec` rows.
inline constexpr const char* kSpecChannel = "channel";
inline constexpr const char* kSpecPairTable = "pair_table";
inline constexpr const char* kSpecObjectColumn = "object_column";
inline constexpr const char* kSpecDecision = "decision";
inline constexpr const char* kSpecStage = "stage";
inline constexpr const char* kSpecVariant = "variant";
inline constexpr const char* kSpecClassNames = "class_names";

/// Writes a new trace with its header to `path`, which must not exist.
Status createTrace(const std::string& path, const RunHeader& header);

enum class TraceAccess { kRead, kWrite };

/// Opens a trace after checking that it is one of ours and of a version this program reads: kBadData
/// otherwise, kNotFound when there is none. One of an earlier version is brought to this one when it is
/// opened for writing; a reader sees it as if it were.
Result<std::unique_ptr<Database>> openTrace(const std::string& path, TraceAccess access);

}  // namespace anchorscope
