#pragma once
// Reads frames from an open trace, checking everything before it is believed; what frames share is read once
// and shared between them. One thread at a time.
//
// A frame with a damaged record is refused as a whole, with the record's name. Only what a damaged
// declaration declares is left out and told instead: all frames share the declarations.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/blob.h"
#include "core/store/damage_log.h"
#include "core/store/schema.h"
#include "core/store/sqlite.h"

namespace anchorscope {

enum class FrameDetail { kWhole, kSummary };  ///< kSummary: image, objects and their columns alone.

class FrameReader {
 public:
  /// Both must outlive the reader.
  static Result<std::unique_ptr<FrameReader>> create(Database& database, DamageLog& log);

  /// The frame of a probe at a step, the run's own or the variant's of this name; null when there is none.
  /// Damaged records are kBadData.
  Result<std::shared_ptr<const ProbeFrame>> read(const std::string& probe, std::int64_t step,
                                                 const std::string& variant = {},
                                                 FrameDetail detail = FrameDetail::kWhole);
  /// The variants beside the frame of a probe at a step, in the order they were recorded; a damaged one is
  /// left out and told.
  Result<std::vector<Variant>> variants(const std::string& probe, std::int64_t step);

 private:
  FrameReader(Database& database, DamageLog& log) : database_(database), log_(log) {}
  Status prepare();

  /// Steps to the row of the frame; false when there is none.
  Result<bool> findFrame(const std::string& probe, std::int64_t step);
  Status readFrame(const std::string& probe, std::int64_t variant, ProbeFrame& frame);
  Status readBlocks(std::int64_t frameId, std::int64_t variant, ProbeFrame& frame);
  Status readStage(std::int64_t id, std::int64_t geometryId, std::int64_t arrays, ProbeFrame& frame);
  /// Ids and declarations of the variants beside a frame.
  Result<std::vector<std::pair<std::int64_t, Variant>>> variantsOf(std::int64_t frameId);
  Result<std::shared_ptr<const ProbeImage>> image(std::int64_t id, const std::string& probe);
  Result<std::shared_ptr<const CandidateSet>> geometry(std::int64_t id);
  Result<std::shared_ptr<const std::vector<std::string>>> classNames(std::int64_t id);
  template <typename Spec>
  Result<Spec> spec(std::unordered_map<std::int64_t, Spec>& known, const char* kind, std::int64_t id);
  Result<std::string> specText(const char* kind, std::int64_t id);
  /// Notes a damaged declaration; any other error stays one.
  Status leaveOut(const Error& error);
  /// Takes memory from what a frame may need.
  Status spend(std::size_t values, std::size_t bytesEach);

  Status readArray(StageEvidence& evidence);
  Status readChannel(StageEvidence& evidence, std::int64_t specId, std::size_t count);
  Status readPairTable(StageEvidence& evidence, std::int64_t specId, std::size_t count);
  Status readPairBound(StageEvidence& evidence, std::int64_t specId, std::size_t count);
  Status readObjectColumn(StageEvidence& evidence, std::int64_t specId, std::size_t count);
  Status readPredictions(StageEvidence& evidence, std::size_t count);
  Status readOrigins(StageEvidence& evidence, std::size_t count);

  Database& database_;
  DamageLog& log_;
  BlobDecoder decoder_;
  std::int64_t budget_ = 0;  // bytes left for the frame being read
  FrameDetail detail_ = FrameDetail::kWhole;
  bool leftOut_ = false;                    // something of it
  const StageEvidence* earlier_ = nullptr;  // the stage before the one being read
  Statement findProbe_, findFrame_, findImage_, findObjects_, findGeometry_, findSpec_, findArrays_,
      findBlocks_, findVariants_;
  std::unordered_map<std::int64_t, std::shared_ptr<const ProbeImage>> images_;
  std::unordered_map<std::int64_t, std::shared_ptr<const CandidateSet>> geometries_;
  std::unordered_map<std::int64_t, std::shared_ptr<const std::vector<std::string>>> classNames_;
  std::unordered_map<std::int64_t, ChannelSpec> channels_;
  std::unordered_map<std::int64_t, PairTableSpec> pairTables_;
  std::unordered_map<std::int64_t, ObjectColumnSpec> objectColumns_;
  std::unordered_map<std::int64_t, DecisionSpec> decisions_;
  std::unordered_map<std::int64_t, StageSpec> stages_;
  std::unordered_map<std::int64_t, Variant> variants_;
};

}  // namespace anchorscope
