#include "core/model/torch_file.h"

#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/base/check.h"
#include "core/model/weights.h"
#include "tests/model/torch_save_files.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::TemporaryFolder;
using std::string_literals::operator""s;

std::string fromHex(const char* text) {
  std::string bytes;
  for (; text[0] != '\0'; text += 2)
    bytes += static_cast<char>(std::stoi(std::string(text, 2), nullptr, 16));
  return bytes;
}

struct Sample {
  const char* name;
  const char* hex;
};
const std::vector<Sample> kSamples = {
    {"ordered, zip", testing::kOrderedZip},       {"ordered, sequence", testing::kOrderedSequence},
    {"checkpoint, zip", testing::kCheckpointZip}, {"checkpoint, sequence", testing::kCheckpointSequence},
    {"parameters, zip", testing::kParametersZip}, {"parameters, sequence", testing::kParametersSequence}};

Result<std::vector<NamedTensor>> readTensors(const std::string& path) {
  Result<TorchFile> file = readTorchFile(path);
  if (!file) return std::move(file).error();
  return std::move(file->tensors);
}

at::Tensor tensorNamed(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& named : tensors) {
    if (named.name == name) return named.tensor;
  }
  ADD_FAILURE() << "no tensor " << name;
  return at::zeros({0});
}

TEST(TorchFile, ReadsWhatTorchSaveWrites) {
  const TemporaryFolder folder;
  const at::Tensor values = at::arange(12, at::kFloat);
  for (const Sample& sample : {kSamples[0], kSamples[1], kSamples[2], kSamples[3]}) {
    SCOPED_TRACE(sample.name);
    const auto tensors = readTensors(folder.write("file.pth", fromHex(sample.hex)));
    ASSERT_TRUE(tensors.ok()) << tensors.error().text();
    std::vector<std::string> names;
    for (const NamedTensor& named : *tensors)
      names.push_back(named.name);
    EXPECT_EQ(names, (std::vector<std::string>{"a.weight", "a.transposed", "a.tail", "half", "brain", "count",
                                               "flags", "empty"}));
    EXPECT_TRUE(tensorNamed(*tensors, "a.weight").equal(values.view({3, 4})));
    EXPECT_TRUE(tensorNamed(*tensors, "a.transposed").equal(values.view({3, 4}).t()));
    EXPECT_TRUE(tensorNamed(*tensors, "a.tail").equal(values.slice(0, 8)));
    EXPECT_EQ(tensorNamed(*tensors, "half").scalar_type(), at::kHalf);
    EXPECT_EQ(tensorNamed(*tensors, "half")[2].item<double>(), 65504);
    EXPECT_EQ(tensorNamed(*tensors, "brain").scalar_type(), at::kBFloat16);
    EXPECT_EQ(tensorNamed(*tensors, "brain")[1].item<double>(), -3);
    EXPECT_EQ(tensorNamed(*tensors, "count").scalar_type(), at::kLong);
    EXPECT_EQ(tensorNamed(*tensors, "count").dim(), 0);
    EXPECT_EQ(tensorNamed(*tensors, "count").item<std::int64_t>(), 7);
    EXPECT_EQ(tensorNamed(*tensors, "flags").scalar_type(), at::kBool);
    EXPECT_FALSE(tensorNamed(*tensors, "flags")[1].item<bool>());
    EXPECT_EQ(tensorNamed(*tensors, "empty").sizes(), (at::IntArrayRef{0, 3}));
    // Storage shared in the file is shared in memory.
    EXPECT_EQ(tensorNamed(*tensors, "a.weight").storage().data(),
              tensorNamed(*tensors, "a.tail").storage().data());
  }
  for (const Sample& sample : {kSamples[4], kSamples[5]}) {
    SCOPED_TRACE(sample.name);
    const auto tensors = readTensors(folder.write("file.pth", fromHex(sample.hex)));
    ASSERT_TRUE(tensors.ok()) << tensors.error().text();
    ASSERT_EQ(tensors->size(), 1u);
    EXPECT_EQ((*tensors)[0].name, "module.conv1.weight");
    EXPECT_EQ((*tensors)[0].tensor[0][1].item<double>(), 2.5);
  }
}

/// Reads the bytes as a file; whatever they are, the outcome must be usable tensors or an error that names
/// the file.
bool survives(const TemporaryFolder& folder, const std::string& bytes) {
  const auto path = folder.write("damaged.pth", bytes);
  const auto tensors = readTensors(path);
  if (!tensors) {
    EXPECT_TRUE(tensors.error().code == ErrorCode::kBadData ||
                tensors.error().code == ErrorCode::kUnsupported);
    EXPECT_THAT(tensors.error().text(), ::testing::HasSubstr(path.string()));
    return false;
  }
  for (const NamedTensor& named : *tensors)
    named.tensor.to(at::kDouble).sum();  // every element can be reached
  return true;
}

TEST(TorchFile, TruncationsAreErrors) {
  const TemporaryFolder folder;
  for (const Sample& sample : kSamples) {
    SCOPED_TRACE(sample.name);
    const std::string bytes = fromHex(sample.hex);
    ASSERT_TRUE(survives(folder, bytes));
    for (std::size_t length = 0; length < bytes.size(); length += 7) {
      EXPECT_FALSE(survives(folder, bytes.substr(0, length))) << length;
    }
  }
}

TEST(TorchFile, FlippedBitsNeverCrash) {
  const TemporaryFolder folder;
  for (const Sample& sample : kSamples) {
    SCOPED_TRACE(sample.name);
    const std::string bytes = fromHex(sample.hex);
    int errors = 0;
    for (std::size_t position = 0; position < bytes.size(); position += 3) {
      std::string damaged = bytes;
      damaged[position] = static_cast<char>(damaged[position] ^ (1 << (position * 5 % 8)));
      errors += survives(folder, damaged) ? 0 : 1;
    }
    EXPECT_GT(errors, 50);
  }
}

/// Writes a torch zip file with this pickle and one storage "0" of these bytes.
std::string writeZip(const TemporaryFolder& folder, const std::string& pickle, const std::string& storage,
                     const std::string& byteOrder = "little", bool compress = false) {
  const std::string path = (folder / "made.pth").string();
  std::string bytes;
  caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  writer.writeRecord("data.pkl", pickle.data(), pickle.size(), compress);
  writer.writeRecord("byteorder", byteOrder.data(), byteOrder.size());
  writer.writeRecord("data/0", storage.data(), storage.size(), compress);
  writer.writeEndOfFile();
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string textOpcode(const std::string& text) {
  return "\x8c"s + static_cast<char>(text.size()) + text;
}
std::string intOpcode(std::int64_t value) {
  std::string bytes = "\x8a\x08"s;
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  return bytes;
}
std::string tupleOpcode(const std::vector<std::int64_t>& values) {
  std::string bytes = "(";
  for (const std::int64_t value : values)
    bytes += intOpcode(value);
  return bytes + "t";
}

/// A tensor with these numbers, of a storage of float32.
std::string tensorOpcodes(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides,
                          std::int64_t offset, std::int64_t storageCount,
                          const std::string& storageType = "FloatStorage",
                          const std::string& function = "_rebuild_tensor_v2", const std::string& key = "0") {
  return "ctorch._utils\n" + function + "\n((" + textOpcode("storage") + "ctorch\n" + storageType + "\n" +
         textOpcode(key) + textOpcode("cpu") + intOpcode(storageCount) + "tQ" + intOpcode(offset) +
         tupleOpcode(sizes) + tupleOpcode(strides) + "\x89" + "Nt" + "R";
}

/// {'w': tensor}
template <typename... Arguments>
std::string pickleOf(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides,
                     std::int64_t offset, std::int64_t storageCount, const Arguments&... rest) {
  return "\x80\x02}"s + textOpcode("w") + tensorOpcodes(sizes, strides, offset, storageCount, rest...) + "s.";
}

TEST(TorchFile, ImpossibleTensorsAreRefused) {
  const TemporaryFolder folder;
  const std::string storage(16, '\0');  // 4 floats
  const auto codeOf = [&](const std::string& pickle) {
    const auto tensors = readTensors(writeZip(folder, pickle, storage));
    return tensors ? "ok" : toString(tensors.error().code);
  };
  const std::string bad = toString(ErrorCode::kBadData), unsupported = toString(ErrorCode::kUnsupported);
  const std::int64_t huge = INT64_MAX;
  EXPECT_EQ(codeOf(pickleOf({2, 2}, {2, 1}, 0, 4)), "ok");
  EXPECT_EQ(codeOf(pickleOf({2, 2}, {0, 1}, 2, 4)), "ok");
  EXPECT_EQ(codeOf(pickleOf({0, 5}, {5, 1}, 0, 4)), "ok");
  const std::int64_t large = std::int64_t{1} << 62;
  EXPECT_EQ(codeOf(pickleOf({0, large, large}, {1, 1, 1}, 0, 4)), bad);  // strides that overflow
  EXPECT_EQ(codeOf(pickleOf({2, 2}, {2, 1}, 1, 4)), bad);                // beyond the storage
  EXPECT_EQ(codeOf(pickleOf({2, 2}, {2, 1}, 0, 5)), bad);                // storage shorter than it says
  EXPECT_EQ(codeOf(pickleOf({5}, {1}, 0, 4)), bad);
  EXPECT_EQ(codeOf(pickleOf({-1}, {1}, 0, 4)), bad);
  EXPECT_EQ(codeOf(pickleOf({2}, {-1}, 1, 4)), bad);
  EXPECT_EQ(codeOf(pickleOf({2}, {1}, -1, 4)), bad);
  EXPECT_EQ(codeOf(pickleOf({2, 2}, {1}, 0, 4)), bad);
  EXPECT_EQ(codeOf(pickleOf({huge, huge}, {huge, huge}, 0, 4)), bad);
  EXPECT_EQ(codeOf(pickleOf({huge}, {0}, 0, 4)), bad);  // expanded to all memory
  EXPECT_EQ(codeOf(pickleOf({2}, {1}, huge, 4)), bad);
  EXPECT_EQ(codeOf(pickleOf({1}, {1}, 0, huge)), bad);
  EXPECT_EQ(codeOf(pickleOf({1}, {1}, 0, -1)), bad);
  EXPECT_EQ(codeOf(pickleOf({1}, {1}, 0, 4, "FloatStorage", "_rebuild_tensor_v2", "1")), bad);
  EXPECT_EQ(codeOf(pickleOf({1}, {1}, 0, 4, "QInt8Storage")), unsupported);
  EXPECT_EQ(codeOf(pickleOf({1}, {1}, 0, 4, "FloatStorage", "_rebuild_sparse_tensor")), unsupported);
  EXPECT_EQ(codeOf("\x80\x02}."), bad);
  EXPECT_EQ(codeOf("\x80\x02K\x01."), bad);
  EXPECT_EQ(codeOf("\x80\x02"
                   "cmodels\nNet\n)R."),
            bad);  // a whole module instead of its state_dict
}

TEST(TorchFile, ByteOrderMattersAndBoolsAreMadeValid) {
  const TemporaryFolder folder;
  const auto bigEndian =
      readTensors(writeZip(folder, pickleOf({2}, {1}, 0, 4), std::string(16, '\0'), "big"));
  ASSERT_FALSE(bigEndian.ok());
  EXPECT_EQ(bigEndian.error().code, ErrorCode::kUnsupported);
  const auto bools = readTensors(writeZip(folder, pickleOf({3}, {1}, 0, 3, "BoolStorage"), "\x00\x07\x01"s));
  ASSERT_TRUE(bools.ok()) << bools.error().text();
  EXPECT_EQ((*bools)[0].tensor.to(at::kByte).sum().item<std::int64_t>(), 2);
}

/// {'epoch': 3, NAME: {'w': tensor}, ...}; the tensor has one element, of the index of its name.
std::string pickleOfDictionaries(const std::vector<std::string>& names) {
  std::string pickle = "\x80\x02}"s + textOpcode("epoch") + "K\x03s";
  for (std::size_t i = 0; i < names.size(); ++i)
    pickle += textOpcode(names[i]) + "}" + textOpcode("w") +
              tensorOpcodes({1}, {1}, static_cast<std::int64_t>(i), 4) + "ss";
  return pickle + ".";
}

TEST(TorchFile, TensorsAreFoundInTheDictionariesOfCheckpoints) {
  const TemporaryFolder folder;
  const float values[4] = {0, 1, 2, 3};
  const std::string storage(reinterpret_cast<const char*>(values), sizeof values);
  const auto read = [&](const std::vector<std::string>& names) {
    return readTorchFile(writeZip(folder, pickleOfDictionaries(names), storage));
  };
  for (const char* name : {"model", "state_dict", "ema", "state_dict_ema", "net", "weights", "params",
                           "model_state", "teacher", "unheard_of"}) {
    const auto file = read({name});
    ASSERT_TRUE(file.ok()) << name << ": " << file.error().text();
    EXPECT_EQ(file->tensors.size(), 1u) << name;
    EXPECT_EQ(file->choice, concat("its '", name, "'"));
  }
  const auto both = read({"ema", "optimizer", "model"});
  ASSERT_TRUE(both.ok()) << both.error().text();
  EXPECT_EQ(both->tensors[0].tensor.item<double>(), 2);
  EXPECT_EQ(both->choice, "its 'model', not 'ema', 'optimizer'");
  const auto unclear = read({"first", "second"});
  ASSERT_FALSE(unclear.ok());
  EXPECT_EQ(unclear.error().code, ErrorCode::kBadData);
  EXPECT_THAT(unclear.error().message, ::testing::HasSubstr("'first', 'second'"));
}

TEST(TorchFile, PartsThatInflateBeyondTheFileAreRefused) {
  const TemporaryFolder folder;
  const std::string zeros(64U << 20U, '\0');
  const auto compressed = [&](const std::string& pickle, const std::string& storage) {
    return readTorchFile(writeZip(folder, pickle, storage, "little", /*compress=*/true));
  };
  ASSERT_TRUE(compressed(pickleOf({2}, {1}, 0, 4), std::string(16, '\0')).ok());
  const auto count = static_cast<std::int64_t>(zeros.size() / 4);
  for (const auto& file : {compressed(pickleOf({count}, {1}, 0, count), zeros),
                           compressed("\x80\x02" + zeros, std::string(16, '\0'))}) {
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::kBadData);
    EXPECT_THAT(file.error().message, ::testing::HasSubstr("damaged"));
  }
}

TEST(TorchFile, APipeIsNotWaitedFor) {
  const TemporaryFolder folder;
  const std::string path = (folder / "weights.pth").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  for (const ErrorCode code : {readTorchFile(path).error().code, readWeights(path).error().code})
    EXPECT_EQ(code, ErrorCode::kIo);
}

TEST(TorchFile, OtherFilesAreNamedForWhatTheyAre) {
  const TemporaryFolder folder;
  const auto messageOf = [&](const std::string& bytes) {
    const auto tensors = readTensors(folder.write("other.pth", bytes));
    return tensors ? std::string() : tensors.error().message;
  };
  EXPECT_THAT(messageOf(""), ::testing::HasSubstr("empty"));
  EXPECT_THAT(messageOf("hello, this is text"), ::testing::HasSubstr("not a file of torch.save"));
  EXPECT_THAT(messageOf("PK\x03\x04"
                        "broken"),
              ::testing::HasSubstr("damaged"));
  EXPECT_THAT(messageOf("\x80\x02K\x01."), ::testing::HasSubstr("not written by torch.save"));
  const auto missing = readTensors((folder / "nothing.pth").string());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace anchorscope
