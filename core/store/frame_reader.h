#pragma once
// Reads frames from an open trace, checking everything before it is believed; what frames share is read once
// and shared between them. One thread at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/blob.h"
#include "core/store/schema.h"
#include "core/store/sqlite.h"

namespace anchorscope {

class FrameReader {
 public:
  static Result<std::unique_ptr<FrameReader>> create(Database& database);

  /// The frame of a probe at a step; null when there is none. Damaged records are kBadData.
  Result<std::shared_ptr<const ProbeFrame>> read(const std::string& probe, std::int64_t step);

 private:
  explicit FrameReader(Database& database) : database_(database) {}
  Status prepare();

  Status readFrame(const std::string& probe, ProbeFrame& frame);
  Result<std::shared_ptr<const ProbeImage>> image(std::int64_t id, const std::string& probe);
  Result<std::shared_ptr<const AnchorGeometry>> geometry(std::int64_t id);
  Result<std::shared_ptr<const std::vector<std::string>>> classNames(std::int64_t id);
  template <typename Spec>
  Result<Spec> spec(std::unordered_map<std::int64_t, Spec>& known, const char* kind, std::int64_t id);
  Result<std::string> specText(const char* kind, std::int64_t id);

  Status readArray(ProbeFrame& frame);
  Status readChannel(ProbeFrame& frame, std::int64_t specId, std::size_t count);
  Status readPairTable(ProbeFrame& frame, std::int64_t specId, std::size_t count);
  Status readPairBound(ProbeFrame& frame, std::size_t count);
  Status readObjectColumn(ProbeFrame& frame, std::int64_t specId, std::size_t count);
  Status readPredictions(ProbeFrame& frame, std::size_t count);

  Database& database_;
  BlobDecoder decoder_;
  Statement findFrame_, findImage_, findObjects_, findGeometry_, findSpec_, findArrays_;
  std::unordered_map<std::int64_t, std::shared_ptr<const ProbeImage>> images_;
  std::unordered_map<std::int64_t, std::shared_ptr<const AnchorGeometry>> geometries_;
  std::unordered_map<std::int64_t, std::shared_ptr<const std::vector<std::string>>> classNames_;
  std::unordered_map<std::int64_t, ChannelSpec> channels_;
  std::unordered_map<std::int64_t, PairTableSpec> pairTables_;
  std::unordered_map<std::int64_t, ObjectColumnSpec> objectColumns_;
  std::unordered_map<std::int64_t, DecisionSpec> decisions_;
};

}  // namespace anchorscope
