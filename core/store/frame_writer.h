#pragma once
// Puts frames into an open trace. What frames share (pixels, objects, anchors, declarations, class names) is
// stored once and referred to. Lives on the store thread, inside its transactions.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/frame.h"
#include "core/store/blob.h"
#include "core/store/schema.h"
#include "core/store/sqlite.h"

namespace anchorscope {

class FrameWriter {
 public:
  static Result<std::unique_ptr<FrameWriter>> create(Database& database);

  /// Adds a frame; one of the same probe, step and variant is replaced, with the run's own all its variants.
  /// A variant's frame stands beside the run's own, which has to be there.
  Status write(const ProbeFrame& frame);

  /// Bytes of all arrays written so far, compressed.
  std::int64_t bytesWritten() const { return bytes_; }

 private:
  /// Ids by address, valid as long as the object behind the address lives.
  using IdsByAddress = std::unordered_map<const void*, std::pair<std::weak_ptr<const void>, std::int64_t>>;
  template <typename Spec>
  using IdsBySpec = std::unordered_map<std::string, std::vector<std::pair<Spec, std::int64_t>>>;

  explicit FrameWriter(Database& database) : database_(database) {}
  Status prepare();

  Result<std::int64_t> probeId(const std::string& name);
  Result<std::int64_t> imageId(const std::shared_ptr<const ProbeImage>& image);
  Result<std::int64_t> insertImage(const ProbeImage& image);
  Result<std::int64_t> geometryId(const std::shared_ptr<const CandidateSet>& anchors);
  Result<std::int64_t> classNamesId(const std::shared_ptr<const std::vector<std::string>>& names);
  Result<std::int64_t> specId(const char* kind, const std::string& json);
  template <typename Spec>
  Result<std::int64_t> specId(IdsBySpec<Spec>& known, const char* kind, const std::string& name,
                              const Spec& spec);
  Result<std::int64_t> idOfOwnFrame(std::int64_t probe, std::int64_t step);
  Status removeFrame(std::int64_t id);
  Status addOwnFrame(const ProbeFrame& frame, std::int64_t probe);
  /// Stages from `first` on, beside the frame's own row.
  Status addBlocks(const ProbeFrame& frame, std::int64_t frameId, std::size_t first);
  Status addArray(ArrayKind kind, std::int64_t spec, int level, const EncodedBlob& blob);
  Status addArrays(const StageEvidence& evidence);

  Database& database_;
  BlobEncoder encoder_;
  Statement findProbe_, addProbe_, findImage_, addImage_, addObject_, findGeometry_, addGeometry_, findSpec_,
      addSpec_, findFrame_, removeArrays_, removeBlockArrays_, removeBlocks_, removeFrame_, addFrame_,
      addBlock_, addArray_;
  std::unordered_map<std::string, std::int64_t> probes_;
  IdsByAddress images_, geometries_, classNames_;
  IdsBySpec<ChannelSpec> channels_;
  IdsBySpec<PairTableSpec> pairTables_;
  IdsBySpec<ObjectColumnSpec> objectColumns_;
  IdsBySpec<DecisionSpec> decisions_;
  IdsBySpec<StageSpec> stages_;
  IdsBySpec<Variant> variants_;
  std::int64_t nextProbe_ = 0, nextImage_ = 0, nextGeometry_ = 0, nextSpec_ = 0, nextBlock_ = 0;  // free ids
  std::int64_t block_ = 0;  // id of the frame or block being written
  int position_ = 0;        // of its next array
  std::int64_t bytes_ = 0;
};

}  // namespace anchorscope
