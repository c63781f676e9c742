#include "core/store/frame_reader.h"

#include <bit>
#include <limits>

#include "core/base/check.h"
#include "core/store/spec_json.h"

namespace anchorscope {
namespace {

Error damaged(const std::string& what) {
  return makeError(ErrorCode::kBadData, concat("A recorded frame is damaged: ", what));
}

/// A frame of all anchors of 4096 x 4096 px, 9 per cell, with 40 channels takes this much; a small damaged
/// file that claims more does not get it.
constexpr std::int64_t kMostFrameBytes = std::int64_t{2} << 30;

/// Whether a row agrees with its checksum.
Status intact(const Statement& row, const std::string& record) {
  if (row.checksumHolds()) return {};
  return damaged(concat(record, " does not agree with its checksum"));
}

bool fitsInt(std::int64_t value) {
  return value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
}

/// Of a row of the table spec that is missing or cannot be read.
Error badDeclaration(const char* kind, std::int64_t id) {
  return makeError(ErrorCode::kBadData, concat("Declaration ", id, " of the trace (", kind,
                                               ") is damaged or missing; what it declares is not shown"));
}

/// Views index with these numbers, so they are checked once, here.
Status checkGeometry(const CandidateSet& anchors) {
  std::int64_t next = 0;
  for (const LevelLayout& level : anchors.levels) {
    if (level.stride <= 0 || level.rows < 0 || level.columns < 0 || level.anchorsPerCell <= 0 ||
        level.firstAnchor != next)
      return damaged("its pyramid levels do not fit together");
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    const std::int64_t cells = std::int64_t{1} * level.rows * level.columns;
    if (cells > kMost || cells * level.anchorsPerCell > kMost - next)
      return damaged("its pyramid levels are too large");
    next += level.anchorCount();
  }
  if (anchors.onGrid() && next != static_cast<std::int64_t>(anchors.count()))
    return damaged("its levels and anchors do not fit together");
  return {};
}

bool knownClass(int classIndex, const ProbeMoment& frame) {
  return classIndex >= 0 &&
         (!frame.classNames || static_cast<std::size_t>(classIndex) < frame.classNames->size());
}

bool isOfSummary(std::int64_t kind) {
  return kind == static_cast<int>(ArrayKind::kObjectColumn) || kind == static_cast<int>(ArrayKind::kStage);
}

}  // namespace

Result<std::unique_ptr<FrameReader>> FrameReader::create(Database& database, DamageLog& log) {
  std::unique_ptr<FrameReader> reader(new FrameReader(database, log));
  ANCHORSCOPE_TRY(reader->prepare());
  return reader;
}

Status FrameReader::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      // All columns in their order, so that the checksum can be checked.
      {&findProbe_, "SELECT id, name, checksum FROM probe WHERE name=?1"},
      {&findFrame_,
       "SELECT id, probe_id, step, image_id, geometry_id, class_names_id, arrays, checksum FROM frame "
       "WHERE probe_id=?1 AND step=?2"},
      {&findImage_,
       "SELECT id, probe_id, hash, width, height, rgb, input_width, input_height, scale_x, scale_y, "
       "offset_x, "
       "offset_y, objects, checksum FROM image WHERE id=?1"},
      {&findObjects_,
       "SELECT image_id, position, x1, y1, x2, y2, class, ignored, checksum FROM object WHERE image_id=?1 "
       "ORDER BY position"},
      {&findGeometry_, "SELECT id, hash, levels, count, boxes, checksum FROM geometry WHERE id=?1"},
      {&findSpec_, "SELECT id, kind, json, checksum FROM spec WHERE id=?1"},
      {&findArrays_,
       "SELECT frame_id, position, kind, spec_id, level, encoding, count, bytes, checksum FROM array "
       "WHERE frame_id=?1 ORDER BY position"},
      {&findBlocks_,
       "SELECT id, frame_id, variant_id, stage, geometry_id, arrays, checksum FROM block "
       "WHERE frame_id=?1 AND variant_id=?2 ORDER BY stage"},
      {&findVariants_,
       "SELECT variant_id FROM block WHERE frame_id=?1 AND variant_id>0 GROUP BY variant_id ORDER BY "
       "min(id)"}};
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database_.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  return {};
}

Result<bool> FrameReader::findFrame(const std::string& probe, std::int64_t step) {
  const StatementReset resetProbe(findProbe_);
  Result<bool> probeRow = findProbe_.bind(1, probe).next();
  if (!probeRow || !*probeRow) return probeRow;
  ANCHORSCOPE_TRY(intact(findProbe_, "the name of its probe"));
  Result<bool> row = findFrame_.bind(1, findProbe_.integer(0)).bind(2, step).next();
  if (row && *row) ANCHORSCOPE_TRY(intact(findFrame_, "its row in the table frame"));
  return row;
}

Result<std::shared_ptr<const ProbeFrame>> FrameReader::read(const std::string& probe, std::int64_t step,
                                                            const std::string& variant, FrameDetail detail) {
  auto frame = std::make_shared<ProbeFrame>();
  detail_ = detail;
  frame->step = step;
  bool found = false;
  // One transaction, so that a frame replaced meanwhile is read either before or after.
  Status status = inTransaction(database_, "BEGIN", [&]() -> Status {
    const StatementReset reset(findFrame_);
    const Result<bool> row = findFrame(probe, step);
    if (!row) return row.error();
    std::int64_t variantId = 0;
    found = *row;
    if (found && !variant.empty()) {
      auto known = variantsOf(findFrame_.integer(0));
      if (!known) return std::move(known).error();
      for (auto& [id, itself] : *known)
        if (itself.name == variant) {
          variantId = id;
          frame->variant = std::make_shared<const Variant>(std::move(itself));
        }
      found = variantId != 0;
    }
    return found ? readFrame(probe, variantId, *frame) : Status();
  });
  if (!status) return std::move(status).error();
  return found ? std::shared_ptr<const ProbeFrame>(std::move(frame)) : nullptr;
}

Result<std::vector<Variant>> FrameReader::variants(const std::string& probe, std::int64_t step) {
  std::vector<Variant> out;
  Status status = inTransaction(database_, "BEGIN", [&]() -> Status {
    const StatementReset reset(findFrame_);
    const Result<bool> row = findFrame(probe, step);
    if (!row) return row.error();
    if (!*row) return {};
    auto known = variantsOf(findFrame_.integer(0));
    if (!known) return std::move(known).error();
    for (auto& entry : *known)
      out.push_back(std::move(entry.second));
    return {};
  });
  if (!status) return std::move(status).error();
  return out;
}

Result<std::vector<std::pair<std::int64_t, Variant>>> FrameReader::variantsOf(std::int64_t frameId) {
  std::vector<std::pair<std::int64_t, Variant>> out;
  const StatementReset reset(findVariants_);
  findVariants_.bind(1, frameId);
  while (true) {
    const Result<bool> row = findVariants_.next();
    if (!row) return row.error();
    if (!*row) return out;
    const std::int64_t id = findVariants_.integer(0);
    Result<Variant> variant = spec(variants_, kSpecVariant, id);
    if (variant)
      out.emplace_back(id, *std::move(variant));
    else
      ANCHORSCOPE_TRY(leaveOut(variant.error()));
  }
}

Status FrameReader::readFrame(const std::string& probe, std::int64_t variant, ProbeFrame& frame) {
  const std::int64_t id = findFrame_.integer(0), classNamesId = findFrame_.integer(5);
  budget_ = kMostFrameBytes;
  leftOut_ = false;
  earlier_ = nullptr;
  Result<std::shared_ptr<const ProbeImage>> itsImage = image(findFrame_.integer(3), probe);
  if (!itsImage) return std::move(itsImage).error();
  frame.image = std::move(*itsImage);
  if (classNamesId != 0) {
    Result<std::shared_ptr<const std::vector<std::string>>> names = classNames(classNamesId);
    if (names)
      frame.classNames = std::move(*names);
    else
      ANCHORSCOPE_TRY(leaveOut(names.error()));
  }
  for (const ObjectRecord& object : frame.image->objects)
    if (!knownClass(object.classIndex, frame)) return damaged("an object has an unknown class");
  if (variant == 0)
    ANCHORSCOPE_TRY(
        readStage(id, findFrame_.integer(4), findFrame_.isNull(6) ? -1 : findFrame_.integer(6), frame));
  return readBlocks(id, variant, frame);
}

Status FrameReader::readBlocks(std::int64_t frameId, std::int64_t variant, ProbeFrame& frame) {
  const StatementReset reset(findBlocks_);
  findBlocks_.bind(1, frameId).bind(2, variant);
  while (true) {
    const Result<bool> row = findBlocks_.next();
    if (!row) return row.error();
    if (!*row) return {};
    ANCHORSCOPE_TRY(intact(findBlocks_, concat("row ", findBlocks_.integer(0), " of the table block")));
    if (findBlocks_.integer(3) != static_cast<std::int64_t>(frame.stages.size()))
      return damaged(concat("stage ", frame.stages.size(), " is missing"));
    ANCHORSCOPE_TRY(readStage(findBlocks_.integer(0), findBlocks_.integer(4), findBlocks_.integer(5), frame));
  }
}

/// `arrays`: how many the stage has; -1: not known.
Status FrameReader::readStage(std::int64_t id, std::int64_t geometryId, std::int64_t arrays,
                              ProbeFrame& frame) {
  auto evidence = std::make_shared<StageEvidence>();
  static_cast<ProbeMoment&>(*evidence) = frame;
  Result<std::shared_ptr<const CandidateSet>> candidates = geometry(geometryId);
  if (!candidates) return std::move(candidates).error();
  evidence->candidates = std::move(*candidates);
  const StatementReset reset(findArrays_);
  findArrays_.bind(1, id);
  std::int64_t read = 0;
  for (;; ++read) {
    const Result<bool> row = findArrays_.next();
    if (!row) return row.error();
    if (!*row) break;
    if (detail_ == FrameDetail::kSummary && !isOfSummary(findArrays_.integer(2))) continue;
    ANCHORSCOPE_TRY(intact(findArrays_, concat("array ", read)));
    // A damaged index may give one row twice and another not at all.
    if (findArrays_.integer(1) != read) return damaged(concat("array ", read, " is missing"));
    ANCHORSCOPE_TRY(readArray(*evidence));
  }
  if (arrays >= 0 && read != arrays) return damaged(concat("it holds ", read, " arrays instead of ", arrays));
  // Boxes that stand on no grid are made from others.
  const CandidateSet& whole = *evidence->candidates;
  if (detail_ == FrameDetail::kWhole && !whole.onGrid() && whole.origins.size() != whole.count())
    return damaged("its levels and anchors do not fit together");
  // Without its table a decision would say that nothing was considered.
  if (leftOut_)
    std::erase_if(evidence->decisions, [&](const DecisionSpec& spec) {
      return !spec.pairTable.empty() && !evidence->pairTable(spec.pairTable);
    });
  earlier_ = evidence.get();
  frame.stages.push_back(std::move(evidence));
  return {};
}

Status FrameReader::leaveOut(const Error& error) {
  if (error.code != ErrorCode::kBadData) return error;
  log_.add(error.message);
  leftOut_ = true;
  return {};
}

Status FrameReader::spend(std::size_t values, std::size_t bytesEach) {
  budget_ -= static_cast<std::int64_t>(values * bytesEach);
  if (budget_ < 0) return damaged(concat("it needs more than ", kMostFrameBytes >> 20, " MiB"));
  return {};
}

Status FrameReader::readArray(StageEvidence& evidence) {
  const std::int64_t kind = findArrays_.integer(2), specId = findArrays_.integer(3),
                     count = findArrays_.integer(6);
  if (count < 0 || count > std::numeric_limits<std::int32_t>::max())
    return damaged(concat("an array of ", count, " values"));
  const auto size = static_cast<std::size_t>(count);
  constexpr std::size_t kAtWork = 3 * sizeof(float);  // decompressed, put together, kept
  ANCHORSCOPE_TRY(spend(size, kAtWork));
  switch (kind) {
    case static_cast<int>(ArrayKind::kChannel):
      return readChannel(evidence, specId, size);
    case static_cast<int>(ArrayKind::kPairTable):
      return readPairTable(evidence, specId, size);
    case static_cast<int>(ArrayKind::kPairBound):
      return readPairBound(evidence, specId, size);
    case static_cast<int>(ArrayKind::kObjectColumn):
      return readObjectColumn(evidence, specId, size);
    case static_cast<int>(ArrayKind::kDecision): {
      Result<DecisionSpec> decision = spec(decisions_, kSpecDecision, specId);
      if (!decision) return leaveOut(decision.error());
      evidence.decisions.push_back(std::move(*decision));
      return {};
    }
    case static_cast<int>(ArrayKind::kPredictedBoxes):
      if (size != 4 * evidence.candidates->count())
        return damaged("predicted boxes and anchors differ in number");
      ANCHORSCOPE_TRY(BlobDecoder::checkSize(findArrays_.blob(7), 4 * size));
      evidence.predictedBoxesInInput.resize(evidence.candidates->count());
      return decoder_.decodeWords(findArrays_.blob(7), size, evidence.predictedBoxesInInput.data());
    case static_cast<int>(ArrayKind::kPredictions):
      return readPredictions(evidence, size);
    case static_cast<int>(ArrayKind::kStage): {
      Result<StageSpec> stage = spec(stages_, kSpecStage, specId);
      if (!stage) return leaveOut(stage.error());
      evidence.stage = std::move(*stage);
      return {};
    }
    case static_cast<int>(ArrayKind::kOrigins):
      return readOrigins(evidence, size);
    default:
      return damaged(concat("an array of unknown kind ", kind));
  }
}

Status FrameReader::readChannel(StageEvidence& evidence, std::int64_t specId, std::size_t count) {
  Result<ChannelSpec> itsSpec = spec(channels_, kSpecChannel, specId);
  if (!itsSpec) return leaveOut(itsSpec.error());
  Channel channel;
  channel.spec = std::move(*itsSpec);
  const std::int64_t stride = findArrays_.integer(4);
  std::size_t expected = evidence.candidates->count();
  if (channel.spec.domain == ChannelDomain::kCell) {
    if (stride <= 0 || !fitsInt(stride))
      return damaged(concat("channel ", channel.spec.name, " has stride ", stride));
    channel.grid = CellGrid::of(static_cast<int>(stride), evidence.image->inputSize);
    expected = static_cast<std::size_t>(channel.grid.count());
  }
  if (count != 0 && count != expected)
    return damaged(concat("channel ", channel.spec.name, " has ", count, " values instead of ", expected));
  channel.values.resize(count);
  ANCHORSCOPE_TRY(
      decoder_.decodeFloats(findArrays_.blob(7), findArrays_.integer(5), count, channel.values.data()));
  evidence.channels.push_back(std::move(channel));
  return {};
}

Status FrameReader::readPairTable(StageEvidence& evidence, std::int64_t specId, std::size_t count) {
  Result<PairTableSpec> itsSpec = spec(pairTables_, kSpecPairTable, specId);
  if (!itsSpec) return leaveOut(itsSpec.error());
  PairTable table;
  table.spec = std::move(*itsSpec);
  const std::size_t columns = table.spec.columns.size();
  if (count % (2 + columns) != 0) return damaged(concat("table ", table.spec.name, " is not rectangular"));
  const std::size_t rows = count / (2 + columns);
  ANCHORSCOPE_TRY(BlobDecoder::checkSize(findArrays_.blob(7), 4 * count));
  std::vector<std::uint32_t> words(count);
  ANCHORSCOPE_TRY(decoder_.decodeWords(findArrays_.blob(7), count, words.data()));
  const auto column = [&](std::size_t index) { return words.data() + index * rows; };
  const auto asInt = [](std::uint32_t word) { return std::bit_cast<std::int32_t>(word); };
  const auto asFloat = [](std::uint32_t word) { return std::bit_cast<float>(word); };
  const auto copy = [&](std::size_t index, auto& out, auto convert) {
    out.resize(rows);
    for (std::size_t i = 0; i < rows; ++i)
      out[i] = convert(column(index)[i]);
  };
  copy(0, table.candidate, asInt);
  copy(1, table.object, asInt);
  for (std::size_t i = 0; i < rows; ++i)
    if (table.candidate[i] < 0 ||
        static_cast<std::size_t>(table.candidate[i]) >= evidence.candidates->count() || table.object[i] < 0 ||
        static_cast<std::size_t>(table.object[i]) >= evidence.image->objects.size())
      return damaged(concat("table ", table.spec.name, " names an anchor or object that does not exist"));
  table.columns.resize(columns);
  for (std::size_t c = 0; c < columns; ++c)
    copy(2 + c, table.columns[c], asFloat);
  evidence.pairTables.push_back(std::move(table));
  return {};
}

Status FrameReader::readPairBound(StageEvidence& evidence, std::int64_t specId, std::size_t count) {
  const Result<PairTableSpec> itsSpec = spec(pairTables_, kSpecPairTable, specId);
  if (!itsSpec) return leaveOut(itsSpec.error());
  if (evidence.pairTables.empty() || count == 0 || count - 1 > evidence.image->objects.size())
    return damaged("the bound of a table does not fit it");
  std::vector<std::int32_t> words(count);
  ANCHORSCOPE_TRY(decoder_.decodeWords(findArrays_.blob(7), count, words.data()));
  PairTable& table = evidence.pairTables.back();
  table.missesPerObject = words.front();
  table.omitted.assign(words.begin() + 1, words.end());
  return {};
}

Status FrameReader::readObjectColumn(StageEvidence& evidence, std::int64_t specId, std::size_t count) {
  Result<ObjectColumnSpec> itsSpec = spec(objectColumns_, kSpecObjectColumn, specId);
  if (!itsSpec) return leaveOut(itsSpec.error());
  ObjectColumn column;
  column.spec = std::move(*itsSpec);
  if (count != evidence.image->objects.size())
    return damaged(concat("column ", column.spec.name, " and objects differ in number"));
  column.values.resize(count);
  ANCHORSCOPE_TRY(
      decoder_.decodeFloats(findArrays_.blob(7), findArrays_.integer(5), count, column.values.data()));
  evidence.objectColumns.push_back(std::move(column));
  return {};
}

Status FrameReader::readPredictions(StageEvidence& evidence, std::size_t count) {
  if (count % 8 != 0) return damaged("the predictions are not rectangular");
  const std::size_t rows = count / 8;
  ANCHORSCOPE_TRY(BlobDecoder::checkSize(findArrays_.blob(7), 4 * count));
  std::vector<std::uint32_t> words(count);
  ANCHORSCOPE_TRY(decoder_.decodeWords(findArrays_.blob(7), count, words.data()));
  const auto real = [&](std::size_t row, std::size_t i) {
    return std::bit_cast<float>(words[row * rows + i]);
  };
  evidence.predictions.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    PredictionRecord& prediction = evidence.predictions[i];
    prediction.boxInImage = {real(0, i), real(1, i), real(2, i), real(3, i)};
    prediction.score = real(4, i);
    prediction.classIndex = std::bit_cast<std::int32_t>(words[5 * rows + i]);
    prediction.candidate = static_cast<std::int64_t>(std::uint64_t{words[6 * rows + i]} |
                                                     std::uint64_t{words[7 * rows + i]} << 32);
    if (!knownClass(prediction.classIndex, evidence)) return damaged("a prediction has an unknown class");
    if (prediction.candidate < -1 ||
        prediction.candidate >= static_cast<std::int64_t>(evidence.candidates->count()))
      return damaged("a prediction names an anchor that does not exist");
  }
  return {};
}

Status FrameReader::readOrigins(StageEvidence& evidence, std::size_t count) {
  if (count != evidence.candidates->count()) return damaged("candidates and their origins differ in number");
  ANCHORSCOPE_TRY(BlobDecoder::checkSize(findArrays_.blob(7), 4 * count));
  auto candidates = std::make_shared<CandidateSet>(*evidence.candidates);
  candidates->origins.resize(count);
  ANCHORSCOPE_TRY(decoder_.decodeWords(findArrays_.blob(7), count, candidates->origins.data()));
  const auto most = static_cast<std::int64_t>(earlier_ ? earlier_->candidates->count() : 0);
  for (const std::int32_t origin : candidates->origins)
    if (origin < -1 || origin >= most) return damaged("a candidate is made from one that does not exist");
  evidence.candidates = std::move(candidates);
  return {};
}

Result<std::shared_ptr<const ProbeImage>> FrameReader::image(std::int64_t id, const std::string& probe) {
  if (const auto known = images_.find(id); known != images_.end()) return known->second;
  const StatementReset reset(findImage_), resetObjects(findObjects_);
  const Result<bool> row = findImage_.bind(1, id).next();
  if (!row) return row.error();
  if (!*row) return damaged("its image is missing");
  ANCHORSCOPE_TRY(intact(findImage_, concat("row ", id, " of the table image")));
  const std::int64_t width = findImage_.integer(3), height = findImage_.integer(4);
  constexpr std::int64_t kMost = 1 << 20;
  for (const std::int64_t extent : {width, height, findImage_.integer(6), findImage_.integer(7)})
    if (extent < 0 || extent > kMost) return damaged("its image has an impossible size");
  auto out = std::make_shared<ProbeImage>();
  out->name = probe;
  out->inputSize = {static_cast<int>(findImage_.integer(6)), static_cast<int>(findImage_.integer(7))};
  out->inputFromImage = {findImage_.real(8), findImage_.real(9), findImage_.real(10), findImage_.real(11)};
  if (const std::string_view blob = findImage_.blob(5); !blob.empty()) {
    const auto size = static_cast<std::size_t>(3 * width * height);
    ANCHORSCOPE_TRY(spend(size, 1));
    ANCHORSCOPE_TRY(BlobDecoder::checkSize(blob, size));
    auto pixels = std::make_shared<ImagePixels>();
    pixels->size = {static_cast<int>(width), static_cast<int>(height)};
    pixels->rgb.resize(size);
    ANCHORSCOPE_TRY(decoder_.decodeBytes(blob, size, pixels->rgb.data()));
    out->pixels = std::move(pixels);
  }
  findObjects_.bind(1, id);
  while (true) {
    const Result<bool> object = findObjects_.next();
    if (!object) return object.error();
    if (!*object) break;
    ANCHORSCOPE_TRY(intact(findObjects_, concat("object ", out->objects.size(), " of its image")));
    if (findObjects_.integer(1) != static_cast<std::int64_t>(out->objects.size()))
      return damaged(concat("object ", out->objects.size(), " of its image is missing"));
    const auto edge = [&](int column) { return static_cast<float>(findObjects_.real(column)); };
    if (!fitsInt(findObjects_.integer(6))) return damaged("an object has an unknown class");
    out->objects.push_back({{edge(2), edge(3), edge(4), edge(5)},
                            static_cast<int>(findObjects_.integer(6)),
                            findObjects_.integer(7) != 0});
  }
  if (!findImage_.isNull(12) && findImage_.integer(12) != static_cast<std::int64_t>(out->objects.size()))
    return damaged(
        concat("its image has ", out->objects.size(), " objects instead of ", findImage_.integer(12)));
  return images_[id] = std::move(out);
}

Result<std::shared_ptr<const CandidateSet>> FrameReader::geometry(std::int64_t id) {
  if (const auto known = geometries_.find(id); known != geometries_.end()) return known->second;
  const StatementReset reset(findGeometry_);
  const Result<bool> row = findGeometry_.bind(1, id).next();
  if (!row) return row.error();
  if (!*row) return damaged("its anchors are missing");
  ANCHORSCOPE_TRY(intact(findGeometry_, concat("row ", id, " of the table geometry")));
  auto out = std::make_shared<CandidateSet>();
  if (!fromJson(findGeometry_.text(2), out->levels)) return damaged("its pyramid levels cannot be read");
  const std::int64_t count = findGeometry_.integer(3);
  if (count < 0 || count > std::numeric_limits<std::int32_t>::max() / 16)
    return damaged(concat(count, " anchors"));
  const auto anchors = static_cast<std::size_t>(count);
  ANCHORSCOPE_TRY(BlobDecoder::checkSize(findGeometry_.blob(4), sizeof(Box) * anchors));
  ANCHORSCOPE_TRY(spend(anchors, 2 * sizeof(Box)));
  out->boxesInInput.resize(anchors);
  ANCHORSCOPE_TRY(decoder_.decodeWords(findGeometry_.blob(4), 4 * anchors, out->boxesInInput.data()));
  ANCHORSCOPE_TRY(checkGeometry(*out));
  // Boxes of one step are asked for once.
  if (!out->onGrid()) return std::shared_ptr<const CandidateSet>(std::move(out));
  return geometries_[id] = std::move(out);
}

Result<std::shared_ptr<const std::vector<std::string>>> FrameReader::classNames(std::int64_t id) {
  if (const auto known = classNames_.find(id); known != classNames_.end()) return known->second;
  const Result<std::string> text = specText(kSpecClassNames, id);
  if (!text) return text.error();
  auto out = std::make_shared<std::vector<std::string>>();
  if (!fromJson(*text, *out)) return badDeclaration(kSpecClassNames, id);
  return classNames_[id] = std::move(out);
}

template <typename Spec>
Result<Spec> FrameReader::spec(std::unordered_map<std::int64_t, Spec>& known, const char* kind,
                               std::int64_t id) {
  if (const auto found = known.find(id); found != known.end()) return found->second;
  const Result<std::string> text = specText(kind, id);
  if (!text) return text.error();
  Spec out;
  if (!fromJson(*text, out)) return badDeclaration(kind, id);
  return known[id] = std::move(out);
}

Result<std::string> FrameReader::specText(const char* kind, std::int64_t id) {
  const StatementReset reset(findSpec_);
  const Result<bool> row = findSpec_.bind(1, id).next();
  if (!row) return row.error();
  if (!*row || !findSpec_.checksumHolds() || findSpec_.text(1) != kind) return badDeclaration(kind, id);
  return findSpec_.text(2);
}

}  // namespace anchorscope
