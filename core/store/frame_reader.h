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

  /// The frame of a probe at a step; null when there is none. Damaged records are kBadData.
  Result<std::shared_ptr<const ProbeFrame>> read(const std::string& probe, std::int64_t step,
                                                 FrameDetail detail = FrameDetail::kWhole);

 private:
  FrameReader(Database& database, DamageLog& log) : database_(database), log_(log) {}
  Status prepare();

  Status readFrame(const std::string& probe, FrameDetail detail, ProbeFrame& frame);
  Result<std::shared_ptr<const ProbeImage>> image(std::int64_t id, const std::string& probe);
  Result<std::shared_ptr<const AnchorGeometry>> geometry(std::int64_t id);
  Result<std::shared_ptr<const std::vector<std::string>>> classNames(std::int64_t id);
  template <typename Spec>
  Result<Spec> spec(std::unordered_map<std::int64_t, Spec>& known, const char* kind, std::int64_t id);
  Result<std::string> specText(const char* kind, std::int64_t id);
  /// Notes a damaged declaration; any other error stays one.
  Status leaveOut(const Error& error);
  /// Takes memory from what a frame may need.
  Status spend(std::size_t values, std::size_t bytesEach);

  Status readArray(ProbeFrame& frame);
  Status readChannel(ProbeFrame& frame, std::int64_t specId, std::size_t count);
  Status readPairTable(ProbeFrame& frame, std::int64_t specId, std::size_t count);
  Status readPairBound(ProbeFrame& frame, std::int64_t specId, std::size_t count);
  Status readObjectColumn(ProbeFrame& frame, std::int64_t specId, std::size_t count);
  Status readPredictions(ProbeFrame& frame, std::size_t count);

  Database& database_;
  DamageLog& log_;
  BlobDecoder decoder_;
  std::int64_t budget_ = 0;  // bytes left for the frame being read
  bool leftOut_ = false;     // something of it
  Statement findProbe_, findFrame_, findImage_, findObjects_, findGeometry_, findSpec_, findArrays_;
  std::unordered_map<std::int64_t, std::shared_ptr<const ProbeImage>> images_;
  std::unordered_map<std::int64_t, std::shared_ptr<const AnchorGeometry>> geometries_;
  std::unordered_map<std::int64_t, std::shared_ptr<const std::vector<std::string>>> classNames_;
  std::unordered_map<std::int64_t, ChannelSpec> channels_;
  std::unordered_map<std::int64_t, PairTableSpec> pairTables_;
  std::unordered_map<std::int64_t, ObjectColumnSpec> objectColumns_;
  std::unordered_map<std::int64_t, DecisionSpec> decisions_;
};

}  // namespace anchorscope
