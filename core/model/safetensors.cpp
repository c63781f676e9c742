#include "core/model/safetensors.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/base/json_limits.h"

namespace anchorscope {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;  // the format's own limit
constexpr std::size_t kMostDimensions = 64;

constexpr std::pair<const char*, at::ScalarType> kDtypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat},  {"F16", at::kHalf},   {"BF16", at::kBFloat16},
    {"I64", at::kLong},   {"I32", at::kInt},    {"I16", at::kShort},  {"I8", at::kChar},
    {"U64", at::kUInt64}, {"U32", at::kUInt32}, {"U16", at::kUInt16}, {"U8", at::kByte},
    {"BOOL", at::kBool}};

std::optional<at::ScalarType> dtypeNamed(const std::string& name) {
  for (const auto& [known, dtype] : kDtypes) {
    if (name == known) return dtype;
  }
  return std::nullopt;
}

std::string nameOf(at::ScalarType dtype) {
  for (const auto& [name, known] : kDtypes) {
    if (dtype == known) return name;
  }
  ANCHORSCOPE_CHECK(false, "dtype ", c10::toString(dtype), " has no name in safetensors");
  return {};
}

Error badFile(const std::string& path, const std::string& what) {
  return makeError(ErrorCode::kBadData, concat(path, ": ", what), "Download or save the file again");
}

/// One entry of the header, checked against its own numbers.
struct TensorEntry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< Bytes after the header.
};

std::optional<std::uint64_t> naturalOf(const nlohmann::json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<std::uint64_t>();
}

Result<TensorEntry> entryOf(const std::string& name, const nlohmann::json& value, const std::string& path) {
  const Error bad = badFile(path, concat("the header's entry of ", name, " is damaged"));
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets") || !value["dtype"].is_string() || !value["shape"].is_array() ||
      !value["data_offsets"].is_array() || value["data_offsets"].size() != 2 ||
      value["shape"].size() > kMostDimensions) {
    return bad;
  }
  TensorEntry entry;
  entry.name = name;
  const auto dtypeName = value["dtype"].get<std::string>();
  const std::optional<at::ScalarType> dtype = dtypeNamed(dtypeName);
  if (!dtype) {
    return makeError(ErrorCode::kUnsupported,
                     concat(path, ": ", name, " is of dtype ", dtypeName, ", which cannot be read"),
                     "Save the weights as F32, F16, BF16, F64 or integers");
  }
  entry.dtype = *dtype;
  // What the sides other than 0 come to must fit too: strides are made of them even where there is no
  // element.
  std::int64_t bytes = static_cast<std::int64_t>(c10::elementSize(*dtype));
  bool none = false;
  for (const nlohmann::json& side : value["shape"]) {
    const std::optional<std::uint64_t> size = naturalOf(side);
    if (!size || *size > INT64_MAX) return bad;
    entry.shape.push_back(static_cast<std::int64_t>(*size));
    none = none || *size == 0;
    if (*size > 0 && __builtin_mul_overflow(bytes, entry.shape.back(), &bytes)) return bad;
  }
  if (none) bytes = 0;
  const std::optional<std::uint64_t> begin = naturalOf(value["data_offsets"][0]);
  const std::optional<std::uint64_t> end = naturalOf(value["data_offsets"][1]);
  if (!begin || !end || *begin > *end || *end - *begin != static_cast<std::uint64_t>(bytes)) return bad;
  entry.begin = *begin;
  entry.end = *end;
  return entry;
}

/// The header's length, from the file's first 8 bytes; checked against the file's size and the limit.
Result<std::uint64_t> headerLength(std::string_view start, std::uint64_t fileBytes, const std::string& path) {
  std::uint64_t length = 0;
  if (start.size() < sizeof(length)) return badFile(path, "the file ends inside its first 8 bytes");
  std::memcpy(&length, start.data(), sizeof(length));
  const std::uint64_t rest = fileBytes - sizeof(length);
  if (length > rest || length > kLongestHeader)
    return badFile(path, concat("its header claims ", length, " bytes; ", rest, " follow"));
  return length;
}

Result<nlohmann::json> parseHeader(std::string_view text, const std::string& path) {
  ANCHORSCOPE_TRY(checkJsonLimits(text, concat("The header of ", path)));
  nlohmann::json header = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return badFile(path, "its header is not valid JSON");
  return header;
}

}  // namespace

Result<std::map<std::string, std::string>> readSafetensorsMetadata(const std::string& path) {
  const Result<std::string> start = readBeginning(path, sizeof(std::uint64_t));
  if (!start) return start.error();
  std::error_code code;
  const std::uintmax_t fileBytes = std::filesystem::file_size(path, code);
  const Result<std::uint64_t> length = headerLength(*start, code ? start->size() : fileBytes, path);
  if (!length) return length.error();
  const Result<std::string> beginning = readBeginning(path, sizeof(std::uint64_t) + *length);
  if (!beginning) return beginning.error();
  const Result<nlohmann::json> header =
      parseHeader(std::string_view(*beginning).substr(sizeof(std::uint64_t)), path);
  if (!header) return header.error();
  std::map<std::string, std::string> metadata;
  if (const auto found = header->find("__metadata__"); found != header->end() && found->is_object())
    for (const auto& [key, value] : found->items())
      if (value.is_string()) metadata[key] = value.get<std::string>();
  return metadata;
}

Result<std::vector<NamedTensor>> readSafetensors(const std::string& path) {
  const Result<std::string> file = readFile(path);
  if (!file) return file.error();
  const Result<std::uint64_t> headerBytes = headerLength(*file, file->size(), path);
  if (!headerBytes) return headerBytes.error();
  const std::string_view rest = std::string_view(*file).substr(sizeof(std::uint64_t));
  const std::string_view data = rest.substr(static_cast<std::size_t>(*headerBytes));
  const Result<nlohmann::json> header =
      parseHeader(rest.substr(0, static_cast<std::size_t>(*headerBytes)), path);
  if (!header) return header.error();

  std::vector<TensorEntry> entries;
  for (const auto& [name, value] : header->items()) {
    if (name == "__metadata__") continue;
    Result<TensorEntry> entry = entryOf(name, value, path);
    if (!entry) return std::move(entry).error();
    entries.push_back(*std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t position = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != position || entry.end > data.size()) {
      return badFile(path, concat(entry.name, " has bytes ", entry.begin, " to ", entry.end,
                                  ", but the data goes on at ", position, " and has ", data.size()));
    }
    position = entry.end;
  }
  if (position != data.size()) {
    return badFile(path, concat("its tensors end at byte ", position, " of ", data.size(), " bytes of data"));
  }

  std::vector<NamedTensor> tensors;
  for (const TensorEntry& entry : entries) {
    at::Tensor tensor = at::empty(entry.shape, at::TensorOptions(entry.dtype));
    if (entry.end > entry.begin) {
      std::memcpy(tensor.mutable_data_ptr(), data.data() + entry.begin,
                  static_cast<std::size_t>(entry.end - entry.begin));
    }
    if (entry.dtype == at::kBool) tensor = tensor.view(at::kByte).ne(0);  // bytes other than 0 and 1
    tensors.push_back({entry.name, tensor});
  }
  return tensors;
}

Status writeSafetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                        const std::map<std::string, std::string>& metadata, Overwrite overwrite) {
  std::vector<NamedTensor> sorted = tensors;
  for (NamedTensor& named : sorted)
    named.tensor = named.tensor.detach().cpu().contiguous();
  // Wide elements first, so that every tensor is aligned.
  std::stable_sort(sorted.begin(), sorted.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return a.tensor.element_size() > b.tensor.element_size();
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t position = 0;
  std::set<std::string> names;
  for (const NamedTensor& named : sorted) {
    ANCHORSCOPE_CHECK(names.insert(named.name).second, "two tensors are named ", named.name);
    const std::uint64_t end = position + named.tensor.nbytes();
    header[named.name] = {{"dtype", nameOf(named.tensor.scalar_type())},
                          {"shape", named.tensor.sizes().vec()},
                          {"data_offsets", {position, end}}};
    position = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t headerBytes = text.size();

  return writeFileAtomically(path, overwrite, [&](const std::string& temporaryPath) -> Status {
    std::ofstream out(temporaryPath, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(&headerBytes), sizeof(headerBytes));
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const NamedTensor& named : sorted) {
      out.write(static_cast<const char*>(named.tensor.const_data_ptr()),
                static_cast<std::streamsize>(named.tensor.nbytes()));
    }
    out.close();
    if (!out) {
      return makeError(ErrorCode::kIo, concat("Writing ", path, " failed"),
                       "Check the space left on the disk");
    }
    return {};
  });
}

}  // namespace anchorscope
