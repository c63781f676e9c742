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
Status checkGeometry(const AnchorGeometry& anchors) {
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
  if (next != static_cast<std::int64_t>(anchors.count()))
    return damaged("its levels and anchors do not fit together");
  return {};
}

bool knownClass(int classIndex, const ProbeFrame& frame) {
  return classIndex >= 0 &&
         (!frame.classNames || static_cast<std::size_t>(classIndex) < frame.classNames->size());
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
       "WHERE frame_id=?1 ORDER BY position"}};
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database_.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  return {};
}

Result<std::shared_ptr<const ProbeFrame>> FrameReader::read(const std::string& probe, std::int64_t step,
                                                            FrameDetail detail) {
  auto frame = std::make_shared<ProbeFrame>();
  frame->step = step;
  bool found = false;
  // One transaction, so that a frame replaced meanwhile is read either before or after.
  Status status = inTransaction(database_, "BEGIN", [&]() -> Status {
    const StatementReset resetProbe(findProbe_), reset(findFrame_);
    const Result<bool> probeRow = findProbe_.bind(1, probe).next();
    if (!probeRow) return probeRow.error();
    if (!*probeRow) return {};
    ANCHORSCOPE_TRY(intact(findProbe_, "the name of its probe"));
    const Result<bool> row = findFrame_.bind(1, findProbe_.integer(0)).bind(2, step).next();
    if (!row) return row.error();
    found = *row;
    if (!found) return {};
    ANCHORSCOPE_TRY(intact(findFrame_, "its row in the table frame"));
    return readFrame(probe, detail, *frame);
  });
  if (!status) return std::move(status).error();
  return found ? std::shared_ptr<const ProbeFrame>(std::move(frame)) : nullptr;
}

Status FrameReader::readFrame(const std::string& probe, FrameDetail detail, ProbeFrame& frame) {
  const std::int64_t id = findFrame_.integer(0), classNamesId = findFrame_.integer(5);
  budget_ = kMostFrameBytes;
  leftOut_ = false;
  Result<std::shared_ptr<const ProbeImage>> itsImage = image(findFrame_.integer(3), probe);
  if (!itsImage) return std::move(itsImage).error();
  frame.image = std::move(*itsImage);
  Result<std::shared_ptr<const AnchorGeometry>> itsAnchors = geometry(findFrame_.integer(4));
  if (!itsAnchors) return std::move(itsAnchors).error();
  frame.anchors = std::move(*itsAnchors);
  if (classNamesId != 0) {
    Result<std::shared_ptr<const std::vector<std::string>>> names = classNames(classNamesId);
    if (names)
      frame.classNames = std::move(*names);
    else
      ANCHORSCOPE_TRY(leaveOut(names.error()));
  }
  for (const ObjectRecord& object : frame.image->objects)
    if (!knownClass(object.classIndex, frame)) return damaged("an object has an unknown class");

  const StatementReset reset(findArrays_);
  findArrays_.bind(1, id);
  std::int64_t arrays = 0;
  for (;; ++arrays) {
    const Result<bool> row = findArrays_.next();
    if (!row) return row.error();
    if (!*row) break;
    if (detail == FrameDetail::kSummary &&
        findArrays_.integer(2) != static_cast<int>(ArrayKind::kObjectColumn))
      continue;
    ANCHORSCOPE_TRY(intact(findArrays_, concat("array ", arrays)));
    // A damaged index may give one row twice and another not at all.
    if (findArrays_.integer(1) != arrays) return damaged(concat("array ", arrays, " is missing"));
    ANCHORSCOPE_TRY(readArray(frame));
  }
  if (!findFrame_.isNull(6) && arrays != findFrame_.integer(6))
    return damaged(concat("it holds ", arrays, " arrays instead of ", findFrame_.integer(6)));
  // Without its table a decision would say that nothing was considered.
  if (leftOut_)
    std::erase_if(frame.decisions,
                  [&](const DecisionSpec& spec) { return !frame.pairTable(spec.pairTable); });
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

Status FrameReader::readArray(ProbeFrame& frame) {
  const std::int64_t kind = findArrays_.integer(2), specId = findArrays_.integer(3),
                     count = findArrays_.integer(6);
  if (count < 0 || count > std::numeric_limits<std::int32_t>::max())
    return damaged(concat("an array of ", count, " values"));
  const auto size = static_cast<std::size_t>(count);
  constexpr std::size_t kAtWork = 3 * sizeof(float);  // decompressed, put together, kept
  ANCHORSCOPE_TRY(spend(size, kAtWork));
  switch (kind) {
    case static_cast<int>(ArrayKind::kChannel):
      return readChannel(frame, specId, size);
    case static_cast<int>(ArrayKind::kPairTable):
      return readPairTable(frame, specId, size);
    case static_cast<int>(ArrayKind::kPairBound):
      return readPairBound(frame, specId, size);
    case static_cast<int>(ArrayKind::kObjectColumn):
      return readObjectColumn(frame, specId, size);
    case static_cast<int>(ArrayKind::kDecision): {
      Result<DecisionSpec> decision = spec(decisions_, kSpecDecision, specId);
      if (!decision) return leaveOut(decision.error());
      frame.decisions.push_back(std::move(*decision));
      return {};
    }
    case static_cast<int>(ArrayKind::kPredictedBoxes):
      if (size != 4 * frame.anchors->count()) return damaged("predicted boxes and anchors differ in number");
      ANCHORSCOPE_TRY(BlobDecoder::checkSize(findArrays_.blob(7), 4 * size));
      frame.predictedBoxesInInput.resize(frame.anchors->count());
      return decoder_.decodeWords(findArrays_.blob(7), size, frame.predictedBoxesInInput.data());
    case static_cast<int>(ArrayKind::kPredictions):
      return readPredictions(frame, size);
    default:
      return damaged(concat("an array of unknown kind ", kind));
  }
}

Status FrameReader::readChannel(ProbeFrame& frame, std::int64_t specId, std::size_t count) {
  Result<ChannelSpec> itsSpec = spec(channels_, kSpecChannel, specId);
  if (!itsSpec) return leaveOut(itsSpec.error());
  Channel channel;
  channel.spec = std::move(*itsSpec);
  const std::int64_t stride = findArrays_.integer(4);
  std::size_t expected = frame.anchors->count();
  if (channel.spec.domain == ChannelDomain::kCell) {
    if (stride <= 0 || !fitsInt(stride))
      return damaged(concat("channel ", channel.spec.name, " has stride ", stride));
    channel.grid = CellGrid::of(static_cast<int>(stride), frame.image->inputSize);
    expected = static_cast<std::size_t>(channel.grid.count());
  }
  if (count != 0 && count != expected)
    return damaged(concat("channel ", channel.spec.name, " has ", count, " values instead of ", expected));
  channel.values.resize(count);
  ANCHORSCOPE_TRY(
      decoder_.decodeFloats(findArrays_.blob(7), findArrays_.integer(5), count, channel.values.data()));
  frame.channels.push_back(std::move(channel));
  return {};
}

Status FrameReader::readPairTable(ProbeFrame& frame, std::int64_t specId, std::size_t count) {
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
  copy(0, table.anchor, asInt);
  copy(1, table.object, asInt);
  for (std::size_t i = 0; i < rows; ++i)
    if (table.anchor[i] < 0 || static_cast<std::size_t>(table.anchor[i]) >= frame.anchors->count() ||
        table.object[i] < 0 || static_cast<std::size_t>(table.object[i]) >= frame.image->objects.size())
      return damaged(concat("table ", table.spec.name, " names an anchor or object that does not exist"));
  table.columns.resize(columns);
  for (std::size_t c = 0; c < columns; ++c)
    copy(2 + c, table.columns[c], asFloat);
  frame.pairTables.push_back(std::move(table));
  return {};
}

Status FrameReader::readPairBound(ProbeFrame& frame, std::int64_t specId, std::size_t count) {
  const Result<PairTableSpec> itsSpec = spec(pairTables_, kSpecPairTable, specId);
  if (!itsSpec) return leaveOut(itsSpec.error());
  if (frame.pairTables.empty() || count == 0 || count - 1 > frame.image->objects.size())
    return damaged("the bound of a table does not fit it");
  std::vector<std::int32_t> words(count);
  ANCHORSCOPE_TRY(decoder_.decodeWords(findArrays_.blob(7), count, words.data()));
  PairTable& table = frame.pairTables.back();
  table.missesPerObject = words.front();
  table.omitted.assign(words.begin() + 1, words.end());
  return {};
}

Status FrameReader::readObjectColumn(ProbeFrame& frame, std::int64_t specId, std::size_t count) {
  Result<ObjectColumnSpec> itsSpec = spec(objectColumns_, kSpecObjectColumn, specId);
  if (!itsSpec) return leaveOut(itsSpec.error());
  ObjectColumn column;
  column.spec = std::move(*itsSpec);
  if (count != frame.image->objects.size())
    return damaged(concat("column ", column.spec.name, " and objects differ in number"));
  column.values.resize(count);
  ANCHORSCOPE_TRY(
      decoder_.decodeFloats(findArrays_.blob(7), findArrays_.integer(5), count, column.values.data()));
  frame.objectColumns.push_back(std::move(column));
  return {};
}

Status FrameReader::readPredictions(ProbeFrame& frame, std::size_t count) {
  if (count % 8 != 0) return damaged("the predictions are not rectangular");
  const std::size_t rows = count / 8;
  ANCHORSCOPE_TRY(BlobDecoder::checkSize(findArrays_.blob(7), 4 * count));
  std::vector<std::uint32_t> words(count);
  ANCHORSCOPE_TRY(decoder_.decodeWords(findArrays_.blob(7), count, words.data()));
  const auto real = [&](std::size_t row, std::size_t i) {
    return std::bit_cast<float>(words[row * rows + i]);
  };
  frame.predictions.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    PredictionRecord& prediction = frame.predictions[i];
    prediction.boxInImage = {real(0, i), real(1, i), real(2, i), real(3, i)};
    prediction.score = real(4, i);
    prediction.classIndex = std::bit_cast<std::int32_t>(words[5 * rows + i]);
    prediction.anchor = static_cast<std::int64_t>(std::uint64_t{words[6 * rows + i]} |
                                                  std::uint64_t{words[7 * rows + i]} << 32);
    if (!knownClass(prediction.classIndex, frame)) return damaged("a prediction has an unknown class");
    if (prediction.anchor < -1 || prediction.anchor >= static_cast<std::int64_t>(frame.anchors->count()))
      return damaged("a prediction names an anchor that does not exist");
  }
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

Result<std::shared_ptr<const AnchorGeometry>> FrameReader::geometry(std::int64_t id) {
  if (const auto known = geometries_.find(id); known != geometries_.end()) return known->second;
  const StatementReset reset(findGeometry_);
  const Result<bool> row = findGeometry_.bind(1, id).next();
  if (!row) return row.error();
  if (!*row) return damaged("its anchors are missing");
  ANCHORSCOPE_TRY(intact(findGeometry_, concat("row ", id, " of the table geometry")));
  auto out = std::make_shared<AnchorGeometry>();
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
