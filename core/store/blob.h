#pragma once
// Arrays of numbers as blobs of the trace: byte shuffle, zstd level 1 with checksum. Always exact, bit by bit
// (NaN payloads and the sign of zero included).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

/// How the values of a blob are laid out before compression. The numbers stand in the trace: never renumber.
enum class BlobEncoding {
  kBytes = 0,  ///< Bytes as they are (pixels).
  kWords = 1,  ///< 4-byte little-endian words, byte-shuffled: all lowest bytes, then the next ones ...
  kInt8 = 2,   ///< Floats that are whole numbers in [-128,127], as int8.
  kInt16 = 3   ///< Floats that are whole numbers in [-32768,32767], as int16, byte-shuffled.
};

struct EncodedBlob {
  BlobEncoding encoding = BlobEncoding::kBytes;
  std::int64_t count = 0;  ///< Values, not bytes.
  std::string bytes;       ///< Compressed.
};

/// Compresses; keeps its work space. One owner at a time.
class BlobEncoder {
 public:
  BlobEncoder();
  ~BlobEncoder();
  BlobEncoder(const BlobEncoder&) = delete;
  BlobEncoder& operator=(const BlobEncoder&) = delete;

  EncodedBlob encodeBytes(std::string_view bytes);
  /// `words`: 4-byte values of any kind.
  EncodedBlob encodeWords(const void* words, std::size_t count);
  /// As words, or in one of the integer encodings when every value survives it.
  EncodedBlob encodeFloats(const float* values, std::size_t count);

 private:
  EncodedBlob compress(BlobEncoding encoding, std::size_t count, const char* bytes, std::size_t size);
  struct Context;
  std::unique_ptr<Context> context_;
  std::vector<std::uint8_t> work_;
};

/// Decompresses; checks every size and the checksum before anything is believed. One owner at a time.
class BlobDecoder {
 public:
  BlobDecoder();
  ~BlobDecoder();
  BlobDecoder(const BlobDecoder&) = delete;
  BlobDecoder& operator=(const BlobDecoder&) = delete;

  /// `size`: how many bytes there must be.
  Status decodeBytes(std::string_view blob, std::size_t size, std::uint8_t* out);
  Status decodeWords(std::string_view blob, std::size_t count, void* out);
  Status decodeFloats(std::string_view blob, std::int64_t encoding, std::size_t count, float* out);
  /// Whether a blob says of itself that it holds this many bytes; asked before the memory is taken.
  static Status checkSize(std::string_view blob, std::size_t size);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  std::vector<std::uint8_t> work_;
};

}  // namespace anchorscope
