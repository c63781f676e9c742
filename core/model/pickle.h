#pragma once
// Reads Python pickles as plain data: nothing is imported or called. What a pickle would call is kept as a
// description, for the reader of tensor files to recognise. Binary protocols 2 to 5, the opcodes that
// torch.save and dictionaries of plain values need; anything else is an error with its place. std only.
//
// Every opcode makes at most one value, so their number bounds the memory: kMostPickleOpcodes take less than
// 300 MB besides the texts, which are copied once.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace anchorscope {

/// A pickle with more is refused. A tensor takes about 60.
inline constexpr std::size_t kMostPickleOpcodes = 2'000'000;

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,        ///< integer
    kInt,         ///< integer
    kBigInt,      ///< Does not fit into 64 bits; text holds its little-endian bytes.
    kFloat,       ///< real
    kText,        ///< text (UTF-8)
    kBytes,       ///< text
    kTuple,       ///< items
    kList,        ///< items; also sets
    kDict,        ///< entries
    kGlobal,      ///< text: "module name"
    kPersistent,  ///< items[0]: the id
    kCall         ///< items[0](*items[1]); entries and state hold what was put into the result afterwards
  };
  using Entry = std::pair<const PickleValue*, const PickleValue*>;

  Kind kind = Kind::kNone;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<const PickleValue*> items;
  std::vector<Entry> entries;
  const PickleValue* state = nullptr;  ///< Argument of BUILD.

  /// A call of this "module name".
  bool isCallOf(std::string_view global) const;
};

/// One pickle. Values may refer to each other in circles; the document owns them all.
class PickleDocument {
 public:
  /// Parses the pickle at the start of `bytes`; `place` names it in errors (kBadData, with the byte).
  static Result<PickleDocument> parse(std::string_view bytes, const std::string& place);

  PickleDocument(PickleDocument&&) = default;
  PickleDocument& operator=(PickleDocument&&) = default;

  const PickleValue& root() const { return *root_; }
  /// Every persistent id (storages, in torch files), in order of appearance.
  const std::vector<const PickleValue*>& persistentIds() const { return persistentIds_; }
  /// Bytes up to and with the pickle's end.
  std::size_t byteCount() const { return byteCount_; }

 private:
  friend class PickleReader;
  PickleDocument() = default;
  std::deque<PickleValue> values_;  // addresses are stable
  const PickleValue* root_ = nullptr;
  std::vector<const PickleValue*> persistentIds_;
  std::size_t byteCount_ = 0;
};

}  // namespace anchorscope
