#include "core/store/blob.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "core/base/check.h"

namespace anchorscope {

static_assert(std::endian::native == std::endian::little, "blobs are little-endian");

namespace {

constexpr int kLevel = 1;

/// Byte planes of `count` values: all lowest bytes, then the next ones, so that exponents lie beside
/// exponents. The values are read and written through memcpy, since they are floats as often as integers.
template <typename Word>
void shuffle(const void* values, std::size_t count, std::uint8_t* out) {
  const auto* bytes = static_cast<const std::uint8_t*>(values);
  for (std::size_t byte = 0; byte < sizeof(Word); ++byte) {
    std::uint8_t* plane = out + byte * count;
    const int shift = static_cast<int>(8 * byte);
    for (std::size_t i = 0; i < count; ++i) {
      Word word;
      std::memcpy(&word, bytes + sizeof(Word) * i, sizeof(Word));
      plane[i] = static_cast<std::uint8_t>(word >> shift);
    }
  }
}

void unshuffle4(const std::uint8_t* planes, std::size_t count, void* out) {
  const std::uint8_t *a = planes, *b = planes + count, *c = planes + 2 * count, *d = planes + 3 * count;
  auto* bytes = static_cast<std::uint8_t*>(out);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t word = static_cast<std::uint32_t>(a[i]) | static_cast<std::uint32_t>(b[i]) << 8 |
                               static_cast<std::uint32_t>(c[i]) << 16 |
                               static_cast<std::uint32_t>(d[i]) << 24;
    std::memcpy(bytes + 4 * i, &word, 4);
  }
}

/// Fills `out` when every value is bit-identical after a trip through Int.
template <typename Int>
bool narrow(const float* values, std::size_t count, Int* out) {
  constexpr float low = std::numeric_limits<Int>::min(), high = std::numeric_limits<Int>::max();
  constexpr std::size_t kBlock = 512;  // most arrays of real numbers fail in the first block
  for (std::size_t first = 0; first < count; first += kBlock) {
    const std::size_t last = std::min(count, first + kBlock);
    std::uint32_t different = 0;
    for (std::size_t i = first; i < last; ++i) {
      const float bounded =
          values[i] >= low && values[i] <= high ? values[i] : 0.0f;  // NaN becomes 0 and differs
      const Int integer = static_cast<Int>(static_cast<std::int32_t>(bounded));
      out[i] = integer;
      different |=
          std::bit_cast<std::uint32_t>(static_cast<float>(integer)) ^ std::bit_cast<std::uint32_t>(values[i]);
    }
    if (different) return false;
  }
  return true;
}

Error badBlob(const std::string& why) {
  return makeError(ErrorCode::kBadData, concat("A stored array is damaged: ", why));
}

}  // namespace

struct BlobEncoder::Context {
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  ~Context() { ZSTD_freeCCtx(zstd); }
};

BlobEncoder::BlobEncoder() : context_(std::make_unique<Context>()) {
  ANCHORSCOPE_CHECK(context_->zstd, "no memory for zstd");
  ZSTD_CCtx_setParameter(context_->zstd, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_->zstd, ZSTD_c_checksumFlag, 1);
}
BlobEncoder::~BlobEncoder() = default;

EncodedBlob BlobEncoder::compress(BlobEncoding encoding, std::size_t count, const char* bytes,
                                  std::size_t size) {
  EncodedBlob out{encoding, static_cast<std::int64_t>(count), {}};
  out.bytes.resize(ZSTD_compressBound(size));
  const std::size_t written = ZSTD_compress2(context_->zstd, out.bytes.data(), out.bytes.size(), bytes, size);
  ANCHORSCOPE_CHECK(!ZSTD_isError(written), "zstd: ", ZSTD_getErrorName(written));
  out.bytes.resize(written);
  return out;
}

EncodedBlob BlobEncoder::encodeBytes(std::string_view bytes) {
  return compress(BlobEncoding::kBytes, bytes.size(), bytes.data(), bytes.size());
}

EncodedBlob BlobEncoder::encodeWords(const void* words, std::size_t count) {
  work_.resize(4 * count);
  shuffle<std::uint32_t>(words, count, work_.data());
  return compress(BlobEncoding::kWords, count, reinterpret_cast<const char*>(work_.data()), work_.size());
}

EncodedBlob BlobEncoder::encodeFloats(const float* values, std::size_t count) {
  work_.resize(4 * count);
  auto* bytes = reinterpret_cast<std::int8_t*>(work_.data());
  if (narrow(values, count, bytes))
    return compress(BlobEncoding::kInt8, count, reinterpret_cast<const char*>(bytes), count);
  std::vector<std::int16_t> shorts(count);
  if (narrow(values, count, shorts.data())) {
    shuffle<std::uint16_t>(shorts.data(), count, work_.data());
    return compress(BlobEncoding::kInt16, count, reinterpret_cast<const char*>(work_.data()), 2 * count);
  }
  return encodeWords(values, count);
}

struct BlobDecoder::Context {
  ZSTD_DCtx* zstd = ZSTD_createDCtx();
  ~Context() { ZSTD_freeDCtx(zstd); }
};

BlobDecoder::BlobDecoder() : context_(std::make_unique<Context>()) {
  ANCHORSCOPE_CHECK(context_->zstd, "no memory for zstd");
}
BlobDecoder::~BlobDecoder() = default;

Status BlobDecoder::checkSize(std::string_view blob, std::size_t size) {
  const unsigned long long held = ZSTD_getFrameContentSize(blob.data(), blob.size());
  if (held == ZSTD_CONTENTSIZE_ERROR || held == ZSTD_CONTENTSIZE_UNKNOWN)
    return badBlob("it is not a zstd frame");
  if (held != size) return badBlob(concat("it holds ", held, " bytes instead of ", size));
  // zstd spends at least four bytes on a block of 128 KiB, so a small blob cannot make us take a large
  // memory.
  if (size / (128 * 1024) > blob.size() / 4) return badBlob("its size cannot be right");
  return {};
}

Status BlobDecoder::decodeBytes(std::string_view blob, std::size_t size, std::uint8_t* out) {
  ANCHORSCOPE_TRY(checkSize(blob, size));
  std::uint8_t none = 0;
  const std::size_t read =
      ZSTD_decompressDCtx(context_->zstd, size ? out : &none, size, blob.data(), blob.size());
  if (ZSTD_isError(read)) return badBlob(ZSTD_getErrorName(read));
  if (read != size) return badBlob("it ends too early");
  return {};
}

Status BlobDecoder::decodeWords(std::string_view blob, std::size_t count, void* out) {
  ANCHORSCOPE_TRY(checkSize(blob, 4 * count));
  work_.resize(4 * count);
  ANCHORSCOPE_TRY(decodeBytes(blob, work_.size(), work_.data()));
  unshuffle4(work_.data(), count, out);
  return {};
}

Status BlobDecoder::decodeFloats(std::string_view blob, std::int64_t encoding, std::size_t count,
                                 float* out) {
  switch (encoding) {
    case static_cast<int>(BlobEncoding::kWords):
      return decodeWords(blob, count, out);
    case static_cast<int>(BlobEncoding::kInt8):
      ANCHORSCOPE_TRY(checkSize(blob, count));
      work_.resize(count);
      ANCHORSCOPE_TRY(decodeBytes(blob, count, work_.data()));
      for (std::size_t i = 0; i < count; ++i)
        out[i] = static_cast<std::int8_t>(work_[i]);
      return {};
    case static_cast<int>(BlobEncoding::kInt16):
      ANCHORSCOPE_TRY(checkSize(blob, 2 * count));
      work_.resize(2 * count);
      ANCHORSCOPE_TRY(decodeBytes(blob, 2 * count, work_.data()));
      for (std::size_t i = 0; i < count; ++i)
        out[i] = static_cast<std::int16_t>(static_cast<std::uint16_t>(work_[i] | work_[count + i] << 8));
      return {};
    default:
      return badBlob(concat("unknown encoding ", encoding));
  }
}

}  // namespace anchorscope
