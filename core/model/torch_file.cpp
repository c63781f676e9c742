#include "core/model/torch_file.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <new>
#include <optional>
#include <unordered_map>

#include "core/base/atomic_file.h"
#include "core/base/check.h"
#include "core/model/pickle.h"
#include "core/model/zip_file.h"

namespace anchorscope {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMostDimensions = 64;
/// A tensor with more elements than its storage (expanded: stride 0) may have this many bytes, so that a
/// damaged file cannot ask for all memory.
constexpr std::int64_t kMostExpandedBytes = std::int64_t{1} << 30;
const std::string kSaveAgain = "Download or save the file again";

Error badFile(const std::string& path, const std::string& what) {
  return makeError(ErrorCode::kBadData, concat(path, ": ", what), kSaveAgain);
}

/// Where a file keeps the bytes of its storages.
class StorageSource {
 public:
  virtual ~StorageSource() = default;
  /// The storage `key` as [elementCount] of dtype; the same memory every time.
  virtual Result<at::Tensor> storage(const std::string& key, at::ScalarType dtype,
                                     std::int64_t elementCount) = 0;
};

std::optional<at::ScalarType> dtypeOfStorage(const std::string& global) {
  static const std::map<std::string, at::ScalarType> types = {
      {"torch FloatStorage", at::kFloat}, {"torch DoubleStorage", at::kDouble},
      {"torch HalfStorage", at::kHalf},   {"torch BFloat16Storage", at::kBFloat16},
      {"torch LongStorage", at::kLong},   {"torch IntStorage", at::kInt},
      {"torch ShortStorage", at::kShort}, {"torch CharStorage", at::kChar},
      {"torch ByteStorage", at::kByte},   {"torch BoolStorage", at::kBool}};
  const auto found = types.find(global);
  return found == types.end() ? std::nullopt : std::optional(found->second);
}

/// What a persistent id says: ('storage', type, key, location, element count[, view]).
struct StorageId {
  std::string key;
  at::ScalarType dtype = at::kFloat;
  std::int64_t elementCount = 0;
};

Result<StorageId> storageIdOf(const PickleValue& persistent, const std::string& path) {
  const PickleValue& id = *persistent.items[0];
  const bool shaped = id.kind == Kind::kTuple && id.items.size() >= 5 && id.items[0]->kind == Kind::kText &&
                      id.items[0]->text == "storage" && id.items[1]->kind == Kind::kGlobal &&
                      id.items[2]->kind == Kind::kText && id.items[4]->kind == Kind::kInt &&
                      id.items[4]->integer >= 0;
  if (!shaped) return badFile(path, "a storage is described in a way torch.save does not");
  const std::optional<at::ScalarType> dtype = dtypeOfStorage(id.items[1]->text);
  if (!dtype || (id.items.size() > 5 && id.items[5]->kind != Kind::kNone)) {
    return makeError(ErrorCode::kUnsupported,
                     concat(path, ": storages of type ", id.items[1]->text, " cannot be read"),
                     "Save the weights as float32, float16, bfloat16, float64 or integers");
  }
  return StorageId{id.items[2]->text, *dtype, id.items[4]->integer};
}

/// Makes bytes other than 0 and 1 valid as bool.
at::Tensor withValidBools(const at::Tensor& storage) {
  return storage.scalar_type() == at::kBool ? storage.view(at::kByte).ne(0) : storage;
}

// ------------------------------------------------------------------------------------------------ tensors

bool startsWith(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

bool isDictionary(const PickleValue& value) {
  return value.kind == Kind::kDict || value.isCallOf("collections OrderedDict");
}

/// The call that rebuilds a tensor, without the wrappers of parameters; null when the value is no tensor.
const PickleValue* tensorCallOf(const PickleValue& value) {
  const PickleValue* call = &value;
  for (int depth = 0; depth < 4; ++depth) {
    if (call->kind != Kind::kCall || call->items[0]->kind != Kind::kGlobal) return nullptr;
    const std::string& name = call->items[0]->text;
    const bool wrapper = startsWith(name, "torch._utils _rebuild_parameter");
    if (!wrapper) return startsWith(name, "torch._utils _rebuild_") ? call : nullptr;
    const PickleValue& arguments = *call->items[1];
    if (arguments.kind != Kind::kTuple || arguments.items.empty()) return call;
    call = arguments.items[0];
  }
  return nullptr;
}

Result<std::vector<std::int64_t>> naturalsOf(const PickleValue& tuple, const std::string& path) {
  std::vector<std::int64_t> numbers;
  bool good =
      (tuple.kind == Kind::kTuple || tuple.kind == Kind::kList) && tuple.items.size() <= kMostDimensions;
  for (std::size_t i = 0; good && i < tuple.items.size(); ++i) {
    good = tuple.items[i]->kind == Kind::kInt && tuple.items[i]->integer >= 0;
    numbers.push_back(tuple.items[i]->integer);
  }
  if (!good) return badFile(path, "a tensor's shape or strides are not whole numbers");
  return numbers;
}

/// Elements of the storage that a strided tensor reaches (last index + 1) and its own element count; empty on
/// overflow.
struct Extent {
  std::int64_t reach = 0, count = 1;
};
std::optional<Extent> extentOf(const std::vector<std::int64_t>& sizes,
                               const std::vector<std::int64_t>& strides, std::int64_t offset) {
  Extent extent;
  std::int64_t last = offset;
  bool none = false;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) {  // no elements, but the other sides still make strides
      none = true;
      continue;
    }
    std::int64_t step = 0;
    if (__builtin_mul_overflow(sizes[i] - 1, strides[i], &step) ||
        __builtin_add_overflow(last, step, &last) ||
        __builtin_mul_overflow(extent.count, sizes[i], &extent.count)) {
      return std::nullopt;
    }
  }
  if (none) return Extent{0, 0};
  if (__builtin_add_overflow(last, std::int64_t{1}, &extent.reach)) return std::nullopt;
  return extent;
}

Result<at::Tensor> rebuildTensor(const PickleValue& call, StorageSource& source, const std::string& path) {
  const std::string& function = call.items[0]->text;
  if (function != "torch._utils _rebuild_tensor_v2" && function != "torch._utils _rebuild_tensor") {
    return makeError(ErrorCode::kUnsupported,
                     concat(path, ": a tensor made by ", function, " cannot be read"),
                     "Save plain dense tensors of float32, float16, bfloat16, float64 or integers");
  }
  const PickleValue& arguments = *call.items[1];
  if (arguments.kind != Kind::kTuple || arguments.items.size() < 4 ||
      arguments.items[0]->kind != Kind::kPersistent || arguments.items[1]->kind != Kind::kInt ||
      arguments.items[1]->integer < 0) {
    return badFile(path, "a tensor is described in a way torch.save does not");
  }
  const Result<StorageId> id = storageIdOf(*arguments.items[0], path);
  if (!id) return id.error();
  const std::int64_t offset = arguments.items[1]->integer;
  const Result<std::vector<std::int64_t>> sizes = naturalsOf(*arguments.items[2], path);
  if (!sizes) return sizes.error();
  const Result<std::vector<std::int64_t>> strides = naturalsOf(*arguments.items[3], path);
  if (!strides) return strides.error();
  if (sizes->size() != strides->size())
    return badFile(path, "a tensor has another number of strides than sizes");

  const std::optional<Extent> extent = extentOf(*sizes, *strides, offset);
  if (!extent || extent->reach > id->elementCount) {
    return badFile(
        path, concat("a tensor reaches beyond its storage ", id->key, " of ", id->elementCount, " elements"));
  }
  const auto itemBytes = static_cast<std::int64_t>(c10::elementSize(id->dtype));
  if (extent->count > id->elementCount && extent->count > kMostExpandedBytes / itemBytes) {
    return badFile(path,
                   concat("a tensor of ", extent->count, " elements has a storage of ", id->elementCount));
  }
  if (extent->count == 0) return at::empty(*sizes, at::TensorOptions(id->dtype));
  Result<at::Tensor> storage = source.storage(id->key, id->dtype, id->elementCount);
  if (!storage) return storage;
  return storage->as_strided(*sizes, *strides, offset);
}

/// Where checkpoints keep a network, the preferred name first.
constexpr const char* kDictionaryNames[] = {
    "model",     "state_dict",     "model_state_dict", "model_state", "model_weights",  "net",
    "network",   "weights",        "params",           "module",      "detector",       "ema",
    "model_ema", "state_dict_ema", "ema_model",        "params_ema",  "ema_state_dict", "teacher",
    "student"};

std::size_t rankOf(const std::string& name) {
  const auto found = std::find(std::begin(kDictionaryNames), std::end(kDictionaryNames), name);
  return static_cast<std::size_t>(found - std::begin(kDictionaryNames));
}
bool isUsual(const std::string& name) {
  return rankOf(name) < std::size(kDictionaryNames);
}

/// Looks for the dictionary of tensors. Dictionaries may be shared and refer to each other in circles, so
/// each is looked through once per depth.
class DictionarySearch {
 public:
  static constexpr std::size_t kDeepest = 4;
  using Entries = std::vector<const PickleValue::Entry*>;

  static bool hasOwnTensor(const PickleValue& dictionary) {
    return std::any_of(dictionary.entries.begin(), dictionary.entries.end(), [](const auto& entry) {
      return entry.first->kind == Kind::kText && tensorCallOf(*entry.second) != nullptr;
    });
  }

  /// Whether a dictionary has a tensor under a text, itself or in a dictionary inside it.
  bool holdsTensors(const PickleValue& value, std::size_t depth = 0) {
    if (!isDictionary(value) || depth == kDeepest) return false;
    const auto [known, fresh] = known_[depth].emplace(&value, false);
    if (!fresh) return known->second;
    bool holds = hasOwnTensor(value);
    for (std::size_t i = 0; i < value.entries.size() && !holds; ++i)
      holds =
          value.entries[i].first->kind == Kind::kText && holdsTensors(*value.entries[i].second, depth + 1);
    known_[depth][&value] = holds;
    return holds;
  }

  /// The dictionaries with tensors inside `dictionary`: those of usual names in their order, then others.
  Entries inside(const PickleValue& dictionary) {
    Entries found;
    for (const PickleValue::Entry& entry : dictionary.entries)
      if (entry.first->kind == Kind::kText && holdsTensors(*entry.second)) found.push_back(&entry);
    std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) {
      return rankOf(a->first->text) < rankOf(b->first->text);
    });
    return found;
  }

 private:
  std::array<std::unordered_map<const PickleValue*, bool>, kDeepest> known_;
};

/// The first texts, shortened, in quotation marks.
template <typename Entries, typename TextOf>
std::string someNames(const Entries& entries, TextOf textOf) {
  constexpr std::size_t kMost = 8, kLongest = 60;
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    const std::string* text = textOf(entry);
    if (text && names.size() < kMost) names.push_back(concat("'", text->substr(0, kLongest), "'"));
  }
  return join(names, ", ");
}

Error noTensors(const PickleValue& root, const std::string& path) {
  if (!isDictionary(root)) {
    return makeError(ErrorCode::kBadData, concat(path, " holds a Python object, not a dictionary of tensors"),
                     "Save model.state_dict() instead of the model");
  }
  const std::string keys = someNames(root.entries, [](const PickleValue::Entry& entry) {
    return entry.first->kind == Kind::kText ? &entry.first->text : nullptr;
  });
  return makeError(ErrorCode::kBadData,
                   concat(path, " holds no tensors by name", keys.empty() ? "" : ", its keys are: ", keys),
                   "Save a state_dict, or put it under 'model' or 'state_dict'");
}

/// The dictionary that holds the tensors: `root`, or one inside it; `choice` tells which.
Result<const PickleValue*> findStateDict(const PickleValue& root, const std::string& path,
                                         std::string& choice) {
  DictionarySearch search;
  const auto textOf = [](const PickleValue::Entry* entry) { return &entry->first->text; };
  const PickleValue* dictionary = &root;
  for (std::size_t depth = 0; depth < DictionarySearch::kDeepest; ++depth) {
    DictionarySearch::Entries inside = search.inside(*dictionary);
    const bool usual = !inside.empty() && isUsual(inside.front()->first->text);
    if (!usual && DictionarySearch::hasOwnTensor(*dictionary)) return dictionary;
    if (inside.empty()) break;
    if (!usual && inside.size() > 1) {
      return makeError(ErrorCode::kBadData,
                       concat(path, " holds several dictionaries of tensors: ", someNames(inside, textOf)),
                       "Save the one that is meant, or put it under 'model'");
    }
    dictionary = inside.front()->second;
    choice = concat("its '", inside.front()->first->text, "'");
    inside.erase(inside.begin());
    if (!inside.empty()) choice += concat(", not ", someNames(inside, textOf));
  }
  return noTensors(root, path);
}

Result<TorchFile> readStateDict(const PickleDocument& document, StorageSource& source,
                                const std::string& path) {
  TorchFile file;
  const Result<const PickleValue*> dictionary = findStateDict(document.root(), path, file.choice);
  if (!dictionary) return dictionary.error();
  for (const auto& [key, value] : (*dictionary)->entries) {
    const PickleValue* call = tensorCallOf(*value);
    if (key->kind != Kind::kText || call == nullptr) continue;
    Result<at::Tensor> tensor = rebuildTensor(*call, source, path);
    if (!tensor) return std::move(tensor).error().in(concat("reading ", key->text));
    file.tensors.push_back({key->text, *std::move(tensor)});
  }
  return file;
}

// ------------------------------------------------------------------------------------------------ zip

class ZipStorages final : public StorageSource {
 public:
  ZipStorages(ZipFile& zip, std::string folder, std::string path)
      : zip_(zip), folder_(std::move(folder)), path_(std::move(path)) {}

  Result<at::Tensor> storage(const std::string& key, at::ScalarType dtype,
                             std::int64_t elementCount) override {
    const auto found = storages_.find(key);
    if (found != storages_.end()) {
      if (found->second.scalar_type() == dtype && found->second.numel() == elementCount) return found->second;
      return badFile(path_, concat("storage ", key, " is described in two ways"));
    }
    const std::string part = concat(folder_, "data/", key);
    const Result<std::uint64_t> partBytes = zip_.size(part);
    if (!partBytes && partBytes.error().code == ErrorCode::kNotFound)
      return badFile(path_, concat("storage ", key, " is missing"));
    if (!partBytes) return partBytes.error();
    std::uint64_t bytes = 0;
    const bool overflow = __builtin_mul_overflow(static_cast<std::uint64_t>(elementCount),
                                                 std::uint64_t{c10::elementSize(dtype)}, &bytes);
    if (overflow || bytes > *partBytes) {
      return badFile(path_,
                     concat("storage ", key, " has ", *partBytes, " bytes for ", elementCount, " elements"));
    }
    const at::Tensor whole = at::empty({static_cast<std::int64_t>(*partBytes)}, at::kByte);
    ANCHORSCOPE_TRY(zip_.read(part, whole.mutable_data_ptr(), *partBytes));
    const at::Tensor tensor = whole.narrow(0, 0, static_cast<std::int64_t>(bytes)).view(dtype);
    return storages_.emplace(key, withValidBools(tensor)).first->second;
  }

 private:
  ZipFile& zip_;
  std::string folder_, path_;
  std::map<std::string, at::Tensor> storages_;
};

Result<TorchFile> readZip(const std::string& path) {
  Result<ZipFile> zip = ZipFile::open(path);
  if (!zip) return std::move(zip).error();
  // All parts lie in one folder, whose name the writer chose.
  const std::string first = zip->firstName();
  const std::string folder = first.substr(0, first.find('/') + 1);
  const Result<std::string> pickle = zip->read(folder + "data.pkl");
  if (!pickle && pickle.error().code == ErrorCode::kNotFound)
    return badFile(path, "this zip file was not written by torch.save: it has no data.pkl");
  if (!pickle) return pickle.error();
  const Result<std::string> order = zip->read(folder + "byteorder");
  if (!order && order.error().code != ErrorCode::kNotFound) return order.error();
  if (order && *order != "little") {
    return makeError(ErrorCode::kUnsupported,
                     concat(path, " was written with ", order->substr(0, 16), "-endian numbers"),
                     "Save it again on a little-endian machine");
  }
  const Result<PickleDocument> document = PickleDocument::parse(*pickle, path + " (data.pkl)");
  if (!document) return document.error();
  ZipStorages storages(*zip, folder, path);
  return readStateDict(*document, storages, path);
}

// ------------------------------------------------------------------------------------------------ sequence
// of pickles

const std::string kSequenceMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);  // of torch.serialization
constexpr std::int64_t kSequenceProtocol = 1001;

class SequenceStorages final : public StorageSource {
 public:
  explicit SequenceStorages(std::string path) : path_(std::move(path)) {}

  /// Takes the storages in the order of `keys` from `bytes`: an element count of 8 bytes, then the elements.
  Status read(std::string_view bytes, const PickleValue& keys, const std::map<std::string, StorageId>& ids) {
    for (const PickleValue* key : keys.items) {
      const auto found = key->kind == Kind::kText ? ids.find(key->text) : ids.end();
      if (found == ids.end()) return badFile(path_, "it lists a storage that no tensor names");
      const StorageId& id = found->second;
      const auto itemBytes = static_cast<std::int64_t>(c10::elementSize(id.dtype));
      std::int64_t count = 0;
      if (bytes.size() >= sizeof(count)) std::memcpy(&count, bytes.data(), sizeof(count));
      if (bytes.size() < sizeof(count) || count != id.elementCount ||
          static_cast<std::uint64_t>(count) >
              (bytes.size() - sizeof(count)) / static_cast<std::uint64_t>(itemBytes)) {
        return badFile(path_, concat("storage ", id.key, " of ", id.elementCount, " elements is cut short"));
      }
      at::Tensor tensor = at::empty({count}, at::TensorOptions(id.dtype));
      const auto dataBytes = static_cast<std::size_t>(count * itemBytes);
      if (dataBytes > 0) std::memcpy(tensor.mutable_data_ptr(), bytes.data() + sizeof(count), dataBytes);
      bytes.remove_prefix(sizeof(count) + dataBytes);
      storages_[id.key] = withValidBools(tensor);
    }
    return {};
  }

  Result<at::Tensor> storage(const std::string& key, at::ScalarType dtype,
                             std::int64_t elementCount) override {
    const auto found = storages_.find(key);
    if (found == storages_.end()) return badFile(path_, concat("storage ", key, " is missing"));
    if (found->second.scalar_type() != dtype || found->second.numel() != elementCount) {
      return badFile(path_, concat("storage ", key, " is described in two ways"));
    }
    return found->second;
  }

 private:
  std::string path_;
  std::map<std::string, at::Tensor> storages_;
};

Result<TorchFile> readSequence(const std::string& path) {
  const Result<std::string> file = readFile(path);
  if (!file) return file.error();
  std::string_view rest = *file;
  std::vector<PickleDocument> documents;  // magic number, protocol, system, object, storage keys
  for (int i = 0; i < 5; ++i) {
    Result<PickleDocument> document = PickleDocument::parse(rest, concat(path, " (part ", i + 1, " of 5)"));
    if (!document) return std::move(document).error();
    rest.remove_prefix(document->byteCount());
    documents.push_back(*std::move(document));
    const PickleValue& root = documents.back().root();
    if (i == 0 && (root.kind != Kind::kBigInt || root.text != kSequenceMagic)) {
      return badFile(path, "this pickle was not written by torch.save");
    }
    if (i == 1 && (root.kind != Kind::kInt || root.integer != kSequenceProtocol)) {
      return badFile(path, "it is of an unknown protocol of torch.save");
    }
  }
  std::map<std::string, StorageId> ids;
  for (const PickleValue* persistent : documents[3].persistentIds()) {
    Result<StorageId> id = storageIdOf(*persistent, path);
    if (!id) return std::move(id).error();
    ids.emplace(id->key, *id);
  }
  if (documents[4].root().kind != Kind::kList) return badFile(path, "its list of storages is damaged");
  SequenceStorages storages(path);
  ANCHORSCOPE_TRY(storages.read(rest, documents[4].root(), ids));
  return readStateDict(documents[3], storages, path);
}

}  // namespace

Result<TorchFile> readTorchFile(const std::string& path) {
  const Result<std::string> start = readBeginning(path, 2);
  if (!start) return start.error();
  if (start->size() < 2) return badFile(path, "the file is empty");
  try {
    if (*start == "PK") return readZip(path);
    if ((*start)[0] == '\x80') return readSequence(path);
  } catch (const c10::Error& error) {
    Error bad = badFile(path, "a tensor in it cannot be made");
    bad.details = error.what_without_backtrace();
    return bad;
  } catch (const std::bad_alloc&) {
    return makeError(ErrorCode::kIo, concat(path, " needs more memory than there is"),
                     "Free some memory, or save the weights alone");
  }
  return badFile(path, "this is not a file of torch.save");
}

}  // namespace anchorscope
