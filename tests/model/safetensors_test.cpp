#include "core/model/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/base/check.h"
#include "core/model/weights.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::TemporaryFolder;

std::string fileOf(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + header + data;
}

std::vector<NamedTensor> samples() {
  const at::Tensor values = at::arange(24, at::kFloat);
  return {{"flags", values.to(at::kByte).fmod(2).ne(0)},
          {"conv.weight", values.view({2, 3, 2, 2}).contiguous(at::MemoryFormat::ChannelsLast)},
          {"transposed", values.view({4, 6}).t()},
          {"half", values.to(at::kHalf)},
          {"brain", values.to(at::kBFloat16)},
          {"double", values.to(at::kDouble) / 3},
          {"count", at::zeros({}, at::kLong) + 7},
          {"small", values.to(at::kChar)},
          {"unsigned", (at::zeros({}, at::kLong) + 7).to(at::kUInt64)},
          {"empty", at::zeros({0, 3})},
          {"quotes \" and \\ and \xc3\xa9", values.slice(0, 0, 1)}};
}

TEST(Safetensors, RoundTripKeepsNamesDtypesShapesAndValues) {
  const TemporaryFolder folder;
  const std::string path = (folder / "file.safetensors").string();
  ASSERT_TRUE(writeSafetensors(path, samples(), {{"format", "pt"}}, Overwrite::kNo).ok());
  const auto read = readSafetensors(path);
  ASSERT_TRUE(read.ok()) << read.error().text();
  ASSERT_EQ(read->size(), samples().size());
  for (const NamedTensor& expected : samples()) {
    const auto found = std::find_if(read->begin(), read->end(),
                                    [&](const NamedTensor& named) { return named.name == expected.name; });
    ASSERT_NE(found, read->end()) << expected.name;
    EXPECT_EQ(found->tensor.scalar_type(), expected.tensor.scalar_type()) << expected.name;
    EXPECT_TRUE(found->tensor.equal(expected.tensor)) << expected.name;
  }
  const auto exists = writeSafetensors(path, samples(), {}, Overwrite::kNo);
  ASSERT_FALSE(exists.ok());
  EXPECT_EQ(exists.error().code, ErrorCode::kExists);
  EXPECT_TRUE(writeSafetensors(path, {}, {}, Overwrite::kYes).ok());
  const auto empty = readSafetensors(path);
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->empty());
}

TEST(Safetensors, TensorsAreAlignedInTheFile) {
  const TemporaryFolder folder;
  const std::string path = (folder / "file.safetensors").string();
  ASSERT_TRUE(writeSafetensors(path, samples(), {}, Overwrite::kNo).ok());
  const std::string bytes = testing::readFile(path);
  std::uint64_t headerBytes = 0;
  std::memcpy(&headerBytes, bytes.data(), sizeof(headerBytes));
  EXPECT_EQ(headerBytes % 8, 0u);
  EXPECT_EQ(bytes[8], '{');
  // The first tensor's data starts with its first value: the doubles, as the widest besides the counter.
  double second = 0;
  std::memcpy(&second, bytes.data() + 8 + headerBytes + 8, sizeof(second));
  EXPECT_DOUBLE_EQ(second, 1.0 / 3);
}

TEST(Safetensors, ReadsAFileMadeByHand) {
  const TemporaryFolder folder;
  const std::string header =
      R"({"__metadata__":{"a":"b"},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},"a":{"dtype":"BOOL","shape":[1,2],"data_offsets":[0,2]}}   )";
  const auto file = readWeights(folder.write("made", fileOf(header, std::string("\x00\x05\x06\x07", 4))));
  ASSERT_TRUE(file.ok()) << file.error().text();
  const std::vector<NamedTensor>* tensors = &file->tensors;
  ASSERT_EQ(tensors->size(), 2u);
  EXPECT_EQ((*tensors)[0].name, "a");
  EXPECT_EQ((*tensors)[0].tensor.sizes(), (at::IntArrayRef{1, 2}));
  EXPECT_EQ((*tensors)[0].tensor.to(at::kByte).sum().item<int>(), 1);
  EXPECT_EQ((*tensors)[1].tensor[1].item<int>(), 7);
}

TEST(Safetensors, ImpossibleHeadersAreRefused) {
  const TemporaryFolder folder;
  const auto problemOf = [&](const std::string& header, const std::string& data = "1234") -> std::string {
    const auto tensors = readSafetensors(folder.write("bad.safetensors", fileOf(header, data)));
    if (tensors) return "none";
    EXPECT_THAT(tensors.error().text(), ::testing::HasSubstr("bad.safetensors"));
    return toString(tensors.error().code);
  };
  const std::string bad = toString(ErrorCode::kBadData);
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  EXPECT_EQ(problemOf(entry("F32", "[1]", "[0,4]")), "none");
  EXPECT_EQ(problemOf(entry("F32", "[]", "[0,4]")), "none");
  EXPECT_EQ(problemOf(entry("F32", "[2]", "[0,4]")), bad);
  EXPECT_EQ(problemOf(entry("F32", "[2]", "[0,8]")), bad);  // beyond the data
  EXPECT_EQ(problemOf(entry("F32", "[1]", "[4,0]")), bad);
  EXPECT_EQ(problemOf(entry("F32", "[-1]", "[0,4]")), bad);
  EXPECT_EQ(problemOf(entry("F32", "[1.0]", "[0,4]")), bad);
  EXPECT_EQ(problemOf(entry("F32", "[4611686018427387904,4]", "[0,0]"), ""), bad);  // overflows to 0
  EXPECT_EQ(problemOf(entry("F32", "[18446744073709551615]", "[0,4]")), bad);
  EXPECT_EQ(problemOf(entry("F32", "[0,5]", "[0,0]"), ""), "none");
  EXPECT_EQ(problemOf(entry("F32", "[0,4611686018427387904,4611686018427387904]", "[0,0]"), ""), bad);
  EXPECT_EQ(problemOf(entry("F32", "[4611686018427387904,0,4611686018427387904]", "[0,0]"), ""), bad);
  EXPECT_EQ(problemOf(entry("U8", "[2]", "[0,2]")), bad);  // data left over
  EXPECT_EQ(problemOf(entry("U8", "[2]", "[2,4]")), bad);  // a gap
  EXPECT_EQ(problemOf(entry("F8_E4M3", "[4]", "[0,4]")), toString(ErrorCode::kUnsupported));
  EXPECT_EQ(problemOf(R"({"t":5})"), bad);
  EXPECT_EQ(problemOf(R"({"t":{"dtype":"F32"}})"), bad);
  EXPECT_EQ(problemOf("[]"), bad);
  EXPECT_EQ(problemOf("{"), bad);
  EXPECT_EQ(problemOf(""), bad);
  EXPECT_EQ(problemOf(std::string(100000, '[')), bad);
  EXPECT_EQ(problemOf(R"({"t":)" + std::string(100, '[') + std::string(100, ']') + "}"), bad);
  std::string many = R"({"t":[)";
  for (int i = 0; i < 2'000'000; ++i)
    many += "1,";
  EXPECT_EQ(problemOf(many + "1]}"), bad);
  const auto tensors = readSafetensors(folder.write("long.safetensors", std::string(8, '\xff') + "{}"));
  ASSERT_FALSE(tensors.ok());
  EXPECT_EQ(tensors.error().code, ErrorCode::kBadData);
}

TEST(Safetensors, TruncatedAndFlippedFilesNeverCrash) {
  const TemporaryFolder folder;
  const std::string path = (folder / "file.safetensors").string();
  ASSERT_TRUE(writeSafetensors(path, samples(), {{"format", "pt"}}, Overwrite::kNo).ok());
  const std::string bytes = testing::readFile(path);
  for (std::size_t length = 0; length < bytes.size(); length += 5) {
    const auto tensors = readSafetensors(folder.write("part.safetensors", bytes.substr(0, length)));
    ASSERT_FALSE(tensors.ok()) << length;
    EXPECT_EQ(tensors.error().code, ErrorCode::kBadData);
  }
  for (std::size_t position = 0; position < bytes.size(); ++position) {
    std::string damaged = bytes;
    damaged[position] = static_cast<char>(damaged[position] ^ (1 << (position * 5 % 8)));
    const auto tensors = readSafetensors(folder.write("flipped.safetensors", damaged));
    if (!tensors) continue;
    for (const NamedTensor& named : *tensors)
      named.tensor.to(at::kDouble).sum();
  }
}

}  // namespace
}  // namespace anchorscope
