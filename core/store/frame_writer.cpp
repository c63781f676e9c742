#include "core/store/frame_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/store/spec_json.h"

namespace anchorscope {
namespace {

/// Content hash of what frames share. Two contents of equal hash are taken for the same: 64 bits, a few
/// thousand entries.
class Hash {
 public:
  void add(std::uint64_t value) { state_ = mix64(state_ ^ value) + 0x9e3779b97f4a7c15ULL; }
  void add(float value) { add(std::uint64_t{std::bit_cast<std::uint32_t>(value)}); }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(const Box& box) {
    for (const float value : {box.x1, box.y1, box.x2, box.y2})
      add(value);
  }
  void addBytes(const void* bytes, std::size_t size) {
    add(std::uint64_t{size});
    const char* at = static_cast<const char*>(bytes);
    for (; size >= 8; size -= 8, at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      add(word);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, at, size);
    add(rest);
  }
  std::int64_t value() const { return static_cast<std::int64_t>(state_); }

 private:
  std::uint64_t state_ = 0;
};

std::int64_t hashOf(const ProbeImage& image) {
  Hash hash;
  hash.addBytes(image.name.data(), image.name.size());
  if (image.pixels) {
    hash.add(static_cast<std::uint64_t>(image.pixels->size.width));
    hash.add(static_cast<std::uint64_t>(image.pixels->size.height));
    hash.addBytes(image.pixels->rgb.data(), image.pixels->rgb.size());
  }
  const AxisTransform& map = image.inputFromImage;
  for (const double value : {map.scaleX, map.scaleY, map.offsetX, map.offsetY})
    hash.add(value);
  hash.add(static_cast<std::uint64_t>(image.inputSize.width));
  hash.add(static_cast<std::uint64_t>(image.inputSize.height));
  for (const ObjectRecord& object : image.objects) {
    hash.add(object.boxInImage);
    hash.add(static_cast<std::uint64_t>(object.classIndex) * 2 + (object.ignored ? 1 : 0));
  }
  return hash.value();
}

/// The id of a shared part, by its address when it was seen before.
template <typename Part, typename Ids, typename Insert>
Result<std::int64_t> idOf(Ids& known, const std::shared_ptr<const Part>& part, Insert insert) {
  const auto found = known.find(part.get());
  if (found != known.end() && !found->second.first.expired()) return found->second.second;
  Result<std::int64_t> id = insert(*part);
  if (id) known[part.get()] = {std::weak_ptr<const void>(part), *id};
  return id;
}

/// A table of 4-byte words, row after row, as predictions and pair tables are stored.
class WordRows {
 public:
  explicit WordRows(std::size_t capacity) { words_.reserve(capacity); }
  void add(std::uint32_t word) { words_.push_back(word); }
  void add(std::int32_t value) { words_.push_back(static_cast<std::uint32_t>(value)); }
  void add(float value) { words_.push_back(std::bit_cast<std::uint32_t>(value)); }
  template <typename Value>
  void addAll(const std::vector<Value>& values) {
    for (const Value value : values)
      add(value);
  }
  const std::vector<std::uint32_t>& words() const { return words_; }

 private:
  std::vector<std::uint32_t> words_;
};

std::vector<std::uint32_t> wordsOf(const std::vector<PredictionRecord>& predictions) {
  WordRows rows(8 * predictions.size());
  const auto row = [&](auto value) {
    for (const PredictionRecord& prediction : predictions)
      rows.add(value(prediction));
  };
  row([](const PredictionRecord& p) { return p.boxInImage.x1; });
  row([](const PredictionRecord& p) { return p.boxInImage.y1; });
  row([](const PredictionRecord& p) { return p.boxInImage.x2; });
  row([](const PredictionRecord& p) { return p.boxInImage.y2; });
  row([](const PredictionRecord& p) { return p.score; });
  row([](const PredictionRecord& p) { return static_cast<std::int32_t>(p.classIndex); });
  row([](const PredictionRecord& p) { return static_cast<std::uint32_t>(p.candidate); });
  row([](const PredictionRecord& p) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(p.candidate) >> 32);
  });
  return rows.words();
}

std::vector<std::uint32_t> wordsOf(const PairTable& table) {
  ANCHORSCOPE_CHECK(
      table.columns.size() == table.spec.columns.size() && table.object.size() == table.rowCount(),
      table.spec.name, " does not fit its declaration");
  WordRows rows((2 + table.columns.size()) * table.rowCount());
  rows.addAll(table.candidate);
  rows.addAll(table.object);
  for (const std::vector<float>& column : table.columns) {
    ANCHORSCOPE_CHECK(column.size() == table.rowCount(), table.spec.name, " has columns of different length");
    rows.addAll(column);
  }
  return rows.words();
}

/// How many arrays addArrays() adds.
int arrayCount(const StageEvidence& evidence) {
  const std::size_t count =
      evidence.channels.size() + evidence.pairTables.size() + evidence.objectColumns.size() +
      evidence.decisions.size() + (evidence.candidates->origins.empty() ? 0 : 1) +
      (evidence.stage == StageSpec() ? 0 : 1) + (evidence.predictedBoxesInInput.empty() ? 0 : 1) +
      (evidence.predictions.empty() ? 0 : 1);
  const auto bounds = std::count_if(evidence.pairTables.begin(), evidence.pairTables.end(),
                                    [](const PairTable& table) { return table.missesPerObject >= 0; });
  return static_cast<int>(count) + static_cast<int>(bounds);
}

/// The first integer of the first row, or nothing.
Result<std::int64_t> firstInteger(Statement& statement, std::int64_t otherwise) {
  const StatementReset reset(statement);
  const Result<bool> row = statement.next();
  if (!row) return row.error();
  return *row ? statement.integer(0) : otherwise;
}

}  // namespace

Result<std::unique_ptr<FrameWriter>> FrameWriter::create(Database& database) {
  std::unique_ptr<FrameWriter> writer(new FrameWriter(database));
  ANCHORSCOPE_TRY(writer->prepare());
  return writer;
}

Status FrameWriter::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&findProbe_, "SELECT id FROM probe WHERE name=?1"},
      {&addProbe_, "INSERT INTO probe(id, name, checksum) VALUES(?1,?2,?3)"},
      {&findImage_, "SELECT id FROM image WHERE hash=?1"},
      {&addImage_,
       "INSERT INTO image(id, probe_id, hash, width, height, rgb, input_width, input_height, scale_x, "
       "scale_y, "
       "offset_x, offset_y, objects, checksum) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)"},
      {&addObject_,
       "INSERT INTO object(image_id, position, x1, y1, x2, y2, class, ignored, checksum) "
       "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"},
      {&findGeometry_, "SELECT id FROM geometry WHERE hash=?1"},
      {&addGeometry_,
       "INSERT INTO geometry(id, hash, levels, count, boxes, checksum) VALUES(?1,?2,?3,?4,?5,?6)"},
      {&findSpec_, "SELECT id FROM spec WHERE kind=?1 AND json=?2"},
      {&addSpec_, "INSERT INTO spec(id, kind, json, checksum) VALUES(?1,?2,?3,?4)"},
      {&findFrame_, "SELECT id FROM frame WHERE probe_id=?1 AND step=?2"},
      {&removeArrays_, "DELETE FROM array WHERE frame_id=?1"},
      {&removeBlockArrays_,
       "DELETE FROM array WHERE frame_id IN (SELECT id FROM block WHERE frame_id=?1 AND (?2<0 OR "
       "variant_id=?2))"},
      {&removeBlocks_, "DELETE FROM block WHERE frame_id=?1 AND (?2<0 OR variant_id=?2)"},
      {&removeFrame_, "DELETE FROM frame WHERE id=?1"},
      {&addFrame_,
       "INSERT INTO frame(id, probe_id, step, image_id, geometry_id, class_names_id, arrays, checksum) "
       "VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"},
      {&addBlock_,
       "INSERT INTO block(id, frame_id, variant_id, stage, geometry_id, arrays, checksum) "
       "VALUES(?1,?2,?3,?4,?5,?6,?7)"},
      {&addArray_,
       "INSERT INTO array(frame_id, position, kind, spec_id, level, encoding, count, bytes, checksum) "
       "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"}};
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database_.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  for (const auto& [id, table] : {std::pair{&nextProbe_, "probe"},
                                  {&nextImage_, "image"},
                                  {&nextGeometry_, "geometry"},
                                  {&nextSpec_, "spec"},
                                  {&nextBlock_, "frame"},
                                  {&nextBlock_, "block"}}) {
    const Result<std::int64_t> next = database_.nextId(table);
    if (!next) return next.error();
    *id = std::max(*id, *next);  // frames and blocks have one sequence
  }
  return {};
}

Status FrameWriter::write(const ProbeFrame& frame) {
  ANCHORSCOPE_CHECK(frame.image && !frame.stages.empty(), "a frame without image or stages");
  const Result<std::int64_t> probe = probeId(frame.image->name);
  if (!probe) return probe.error();
  const Result<std::int64_t> own = idOfOwnFrame(*probe, frame.step);
  if (!own) return own.error();
  if (!frame.variant) {
    if (*own != 0) ANCHORSCOPE_TRY(removeFrame(*own));
    return addOwnFrame(frame, *probe);
  }
  ANCHORSCOPE_CHECK(*own != 0, "a variant of ", frame.image->name, " at step ", frame.step,
                    " without the run's own");
  return addBlocks(frame, *own, 0);
}

Status FrameWriter::addOwnFrame(const ProbeFrame& frame, std::int64_t probe) {
  const StageEvidence& first = *frame.stages.front();
  const Result<std::int64_t> image = imageId(frame.image);
  if (!image) return image.error();
  const Result<std::int64_t> geometry = geometryId(first.candidates);
  if (!geometry) return geometry.error();
  const std::int64_t id = block_ = nextBlock_++;
  addFrame_.bind(1, id).bind(2, probe).bind(3, frame.step).bind(4, *image).bind(5, *geometry);
  if (frame.classNames) {
    const Result<std::int64_t> names = classNamesId(frame.classNames);
    if (!names) return names.error();
    addFrame_.bind(6, *names);
  } else {
    addFrame_.bindNull(6);
  }
  ANCHORSCOPE_TRY(addFrame_.bind(7, arrayCount(first)).runWithChecksum());
  ANCHORSCOPE_TRY(addArrays(first));
  return addBlocks(frame, id, 1);
}

Status FrameWriter::addBlocks(const ProbeFrame& frame, std::int64_t frameId, std::size_t first) {
  std::int64_t variant = 0;
  if (frame.variant) {
    const Result<std::int64_t> spec = specId(variants_, kSpecVariant, frame.variant->name, *frame.variant);
    if (!spec) return spec.error();
    variant = *spec;
  }
  ANCHORSCOPE_TRY(removeBlockArrays_.bind(1, frameId).bind(2, variant).run());
  ANCHORSCOPE_TRY(removeBlocks_.bind(1, frameId).bind(2, variant).run());
  for (std::size_t stage = first; stage < frame.stages.size(); ++stage) {
    const StageEvidence& evidence = *frame.stages[stage];
    const Result<std::int64_t> geometry = geometryId(evidence.candidates);
    if (!geometry) return geometry.error();
    block_ = nextBlock_++;
    addBlock_.bind(1, block_).bind(2, frameId).bind(3, variant).bind(4, static_cast<std::int64_t>(stage));
    ANCHORSCOPE_TRY(addBlock_.bind(5, *geometry).bind(6, arrayCount(evidence)).runWithChecksum());
    ANCHORSCOPE_TRY(addArrays(evidence));
  }
  return {};
}

Status FrameWriter::addArrays(const StageEvidence& evidence) {
  position_ = 0;
  ANCHORSCOPE_CHECK(
      evidence.candidates->onGrid() || evidence.candidates->origins.size() == evidence.candidates->count(),
      "candidates on no grid without origins");
  // What the others are checked against comes first.
  if (!(evidence.stage == StageSpec())) {
    const Result<std::int64_t> spec = specId(stages_, kSpecStage, evidence.stage.name, evidence.stage);
    if (!spec) return spec.error();
    ANCHORSCOPE_TRY(addArray(ArrayKind::kStage, *spec, -1, encoder_.encodeWords(nullptr, 0)));
  }
  if (const std::vector<std::int32_t>& origins = evidence.candidates->origins; !origins.empty()) {
    ANCHORSCOPE_CHECK(origins.size() == evidence.candidates->count(),
                      "candidates and origins differ in number");
    ANCHORSCOPE_TRY(
        addArray(ArrayKind::kOrigins, 0, -1, encoder_.encodeWords(origins.data(), origins.size())));
  }
  for (const Channel& channel : evidence.channels) {
    const Result<std::int64_t> spec = specId(channels_, kSpecChannel, channel.spec.name, channel.spec);
    if (!spec) return spec.error();
    ANCHORSCOPE_TRY(addArray(ArrayKind::kChannel, *spec, channel.grid.stride,
                             encoder_.encodeFloats(channel.values.data(), channel.values.size())));
  }
  for (const PairTable& table : evidence.pairTables) {
    const Result<std::int64_t> spec = specId(pairTables_, kSpecPairTable, table.spec.name, table.spec);
    if (!spec) return spec.error();
    const std::vector<std::uint32_t> words = wordsOf(table);
    ANCHORSCOPE_TRY(
        addArray(ArrayKind::kPairTable, *spec, -1, encoder_.encodeWords(words.data(), words.size())));
    if (table.missesPerObject < 0) continue;
    std::vector<std::int32_t> bound{table.missesPerObject};
    bound.insert(bound.end(), table.omitted.begin(), table.omitted.end());
    ANCHORSCOPE_TRY(
        addArray(ArrayKind::kPairBound, *spec, -1, encoder_.encodeWords(bound.data(), bound.size())));
  }
  for (const ObjectColumn& column : evidence.objectColumns) {
    const Result<std::int64_t> spec =
        specId(objectColumns_, kSpecObjectColumn, column.spec.name, column.spec);
    if (!spec) return spec.error();
    ANCHORSCOPE_TRY(addArray(ArrayKind::kObjectColumn, *spec, -1,
                             encoder_.encodeFloats(column.values.data(), column.values.size())));
  }
  for (const DecisionSpec& decision : evidence.decisions) {
    const Result<std::int64_t> spec = specId(decisions_, kSpecDecision, decision.pairTable, decision);
    if (!spec) return spec.error();
    ANCHORSCOPE_TRY(addArray(ArrayKind::kDecision, *spec, -1, encoder_.encodeWords(nullptr, 0)));
  }
  static_assert(sizeof(Box) == 4 * sizeof(float));
  if (!evidence.predictedBoxesInInput.empty())
    ANCHORSCOPE_TRY(addArray(ArrayKind::kPredictedBoxes, 0, -1,
                             encoder_.encodeWords(evidence.predictedBoxesInInput.data(),
                                                  4 * evidence.predictedBoxesInInput.size())));
  if (!evidence.predictions.empty()) {
    const std::vector<std::uint32_t> words = wordsOf(evidence.predictions);
    ANCHORSCOPE_TRY(
        addArray(ArrayKind::kPredictions, 0, -1, encoder_.encodeWords(words.data(), words.size())));
  }
  ANCHORSCOPE_CHECK(position_ == arrayCount(evidence), "a frame has another number of arrays than it says");
  return {};
}

Status FrameWriter::addArray(ArrayKind kind, std::int64_t spec, int level, const EncodedBlob& blob) {
  addArray_.bind(1, block_).bind(2, position_++).bind(3, static_cast<int>(kind));
  if (spec > 0)
    addArray_.bind(4, spec);
  else
    addArray_.bindNull(4);
  bytes_ += static_cast<std::int64_t>(blob.bytes.size());
  addArray_.bind(5, level).bind(6, static_cast<int>(blob.encoding)).bind(7, blob.count);
  return addArray_.bindBlob(8, blob.bytes).runWithChecksum();
}

Result<std::int64_t> FrameWriter::idOfOwnFrame(std::int64_t probe, std::int64_t step) {
  return firstInteger(findFrame_.bind(1, probe).bind(2, step), 0);
}

Status FrameWriter::removeFrame(std::int64_t id) {
  ANCHORSCOPE_TRY(removeBlockArrays_.bind(1, id).bind(2, std::int64_t{-1}).run());
  ANCHORSCOPE_TRY(removeBlocks_.bind(1, id).bind(2, std::int64_t{-1}).run());
  ANCHORSCOPE_TRY(removeArrays_.bind(1, id).run());
  return removeFrame_.bind(1, id).run();
}

Result<std::int64_t> FrameWriter::probeId(const std::string& name) {
  if (const auto known = probes_.find(name); known != probes_.end()) return known->second;
  Result<std::int64_t> id = firstInteger(findProbe_.bind(1, name), 0);
  if (!id) return id;
  if (*id == 0) {
    id = nextProbe_++;
    ANCHORSCOPE_TRY(addProbe_.bind(1, *id).bind(2, name).runWithChecksum());
  }
  probes_[name] = *id;
  return id;
}

Result<std::int64_t> FrameWriter::imageId(const std::shared_ptr<const ProbeImage>& image) {
  return idOf(images_, image, [&](const ProbeImage& part) { return insertImage(part); });
}

Result<std::int64_t> FrameWriter::insertImage(const ProbeImage& image) {
  const std::int64_t hash = hashOf(image);
  if (Result<std::int64_t> id = firstInteger(findImage_.bind(1, hash), 0); !id || *id) return id;
  Result<std::int64_t> probe = probeId(image.name);
  if (!probe) return probe;
  EncodedBlob rgb;
  const SizePx size = image.pixels ? image.pixels->size : SizePx{};
  const std::int64_t id = nextImage_++;
  addImage_.bind(1, id).bind(2, *probe).bind(3, hash).bind(4, size.width).bind(5, size.height);
  if (image.pixels) {
    ANCHORSCOPE_CHECK(image.pixels->rgb.size() == std::size_t{3} * static_cast<std::size_t>(size.width) *
                                                      static_cast<std::size_t>(size.height),
                      "pixels of ", image.name, " do not fill their size");
    rgb = encoder_.encodeBytes(
        {reinterpret_cast<const char*>(image.pixels->rgb.data()), image.pixels->rgb.size()});
    addImage_.bindBlob(6, rgb.bytes);
  } else {
    addImage_.bindNull(6);
  }
  const AxisTransform& map = image.inputFromImage;
  addImage_.bind(7, image.inputSize.width).bind(8, image.inputSize.height);
  addImage_.bind(9, map.scaleX).bind(10, map.scaleY).bind(11, map.offsetX).bind(12, map.offsetY);
  ANCHORSCOPE_TRY(addImage_.bind(13, static_cast<std::int64_t>(image.objects.size())).runWithChecksum());
  for (std::size_t i = 0; i < image.objects.size(); ++i) {
    const ObjectRecord& object = image.objects[i];
    const Box& box = object.boxInImage;
    addObject_.bind(1, id).bind(2, static_cast<std::int64_t>(i));
    addObject_.bind(3, double{box.x1})
        .bind(4, double{box.y1})
        .bind(5, double{box.x2})
        .bind(6, double{box.y2});
    ANCHORSCOPE_TRY(addObject_.bind(7, object.classIndex).bind(8, object.ignored ? 1 : 0).runWithChecksum());
  }
  return id;
}

Result<std::int64_t> FrameWriter::geometryId(const std::shared_ptr<const CandidateSet>& anchors) {
  return idOf(geometries_, anchors, [&](const CandidateSet& part) -> Result<std::int64_t> {
    const std::string levels = toJson(part.levels);
    Hash hash;
    hash.addBytes(levels.data(), levels.size());
    hash.addBytes(part.boxesInInput.data(), part.boxesInInput.size() * sizeof(Box));
    if (Result<std::int64_t> id = firstInteger(findGeometry_.bind(1, hash.value()), 0); !id || *id) return id;
    const EncodedBlob boxes = encoder_.encodeWords(part.boxesInInput.data(), 4 * part.count());
    const std::int64_t id = nextGeometry_++;
    addGeometry_.bind(1, id).bind(2, hash.value()).bind(3, levels);
    addGeometry_.bind(4, static_cast<std::int64_t>(part.count())).bindBlob(5, boxes.bytes);
    ANCHORSCOPE_TRY(addGeometry_.runWithChecksum());
    return id;
  });
}

Result<std::int64_t> FrameWriter::classNamesId(const std::shared_ptr<const std::vector<std::string>>& names) {
  return idOf(classNames_, names,
              [&](const std::vector<std::string>& part) { return specId(kSpecClassNames, toJson(part)); });
}

Result<std::int64_t> FrameWriter::specId(const char* kind, const std::string& json) {
  Result<std::int64_t> id = firstInteger(findSpec_.bind(1, std::string_view(kind)).bind(2, json), 0);
  if (!id || *id) return id;
  id = nextSpec_++;
  ANCHORSCOPE_TRY(addSpec_.bind(1, *id).bind(2, std::string_view(kind)).bind(3, json).runWithChecksum());
  return id;
}

template <typename Spec>
Result<std::int64_t> FrameWriter::specId(IdsBySpec<Spec>& known, const char* kind, const std::string& name,
                                         const Spec& spec) {
  auto& sameName = known[name];
  for (const auto& [candidate, id] : sameName)
    if (candidate == spec) return id;
  Result<std::int64_t> id = specId(kind, toJson(spec));
  if (id) sameName.emplace_back(spec, *id);
  return id;
}

}  // namespace anchorscope
