#include "core/trainer/checkpoint.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

CheckpointFacts facts() {
  CheckpointFacts out;
  out.step = 41;
  out.loaderPosition = 43;
  out.configToml = "[run]\ndata = \"a\\\"b\"\n";
  out.classNames = {"RBC", "Größe"};
  out.device = "cpu";
  out.threads = 3;
  return out;
}

TEST(Checkpoint, GivesBackWhatWasWritten) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder / "a.ckpt").string();
  const at::Tensor kernel = at::randn({4, 3, 2, 2}).contiguous(at::MemoryFormat::ChannelsLast);
  const std::vector<NamedTensor> tensors{{"kernel", kernel},
                                         {"count", at::full({}, 7, at::kLong)},
                                         {"random.cpu", at::arange(5, at::kByte)},
                                         {"empty", at::empty({0, 4})}};
  ASSERT_TRUE(writeCheckpoint(path, facts(), tensors, Overwrite::kNo).ok());
  auto read = readCheckpoint(path);
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->facts.step, 41);
  EXPECT_EQ(read->facts.loaderPosition, 43);
  EXPECT_EQ(read->facts.configToml, facts().configToml);
  EXPECT_EQ(read->facts.classNames, facts().classNames);
  EXPECT_EQ(read->facts.threads, 3);
  ASSERT_EQ(read->tensors.size(), tensors.size());
  for (const NamedTensor& entry : tensors) {
    const auto found = std::find_if(read->tensors.begin(), read->tensors.end(),
                                    [&](const NamedTensor& other) { return other.name == entry.name; });
    ASSERT_NE(found, read->tensors.end()) << entry.name;
    EXPECT_TRUE(at::equal(found->tensor, entry.tensor)) << entry.name;
    EXPECT_EQ(found->tensor.scalar_type(), entry.tensor.scalar_type()) << entry.name;
  }
}

TEST(Checkpoint, DoesNotReplaceAFileUnasked) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder / "a.ckpt").string();
  ASSERT_TRUE(writeCheckpoint(path, facts(), {}, Overwrite::kNo).ok());
  EXPECT_EQ(writeCheckpoint(path, facts(), {}, Overwrite::kNo).error().code, ErrorCode::kExists);
  EXPECT_TRUE(writeCheckpoint(path, facts(), {}, Overwrite::kYes).ok());
}

/// A safetensors file without tensors whose metadata hold this training state.
std::string fileWithState(const std::string& state) {
  const nlohmann::json header{{"__metadata__", {{"anchorscope", state}}}};
  const std::string text = header.dump();
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i)
    bytes[i] = static_cast<char>(text.size() >> (8 * i));
  return bytes + text;
}

TEST(Checkpoint, AnImpossibleTrainingStateIsBadDataInOurWords) {
  const testing::TemporaryFolder folder;
  const nlohmann::json good{{"version", 1},    {"step", 3},    {"loader_position", 12}, {"config", ""},
                            {"device", "cpu"}, {"threads", 1}, {"classes", {"a"}}};
  const auto read = [&](const nlohmann::json& state) {
    return readCheckpointFacts(folder.write("made.ckpt", fileWithState(state.dump())).string());
  };
  ASSERT_TRUE(read(good).ok()) << read(good).error().text();
  const std::vector<std::pair<const char*, nlohmann::json>> changes = {{"step", -1},
                                                                       {"step", 1e300},
                                                                       {"step", "three"},
                                                                       {"step", 2.5},
                                                                       {"images", 1e300},
                                                                       {"threads", 1.5},
                                                                       {"version", 1.5},
                                                                       {"step", ~0ULL},
                                                                       {"loader_position", -4},
                                                                       {"loader_position", nullptr},
                                                                       {"threads", 0},
                                                                       {"threads", (1LL << 33) + 1},
                                                                       {"skipped_steps", -1},
                                                                       {"images", -1},
                                                                       {"classes", nlohmann::json::array()},
                                                                       {"version", 2},
                                                                       {"version", "1"},
                                                                       {"classes", {1, 2}},
                                                                       {"config", 5},
                                                                       {"device", true}};
  for (const auto& [entry, value] : changes) {
    nlohmann::json state = good;
    state[entry] = value;
    const auto facts = read(state);
    ASSERT_FALSE(facts.ok()) << entry << " = " << value;
    EXPECT_EQ(facts.error().code, ErrorCode::kBadData);
    EXPECT_EQ(facts.error().text().find("json"), std::string::npos) << facts.error().text();
  }
  EXPECT_FALSE(read(nlohmann::json::array()).ok());
  const std::string deep(100'000, '[');
  EXPECT_EQ(readCheckpointFacts(folder.write("deep.ckpt", fileWithState(deep)).string()).error().code,
            ErrorCode::kBadData);
}

TEST(Checkpoint, WeightsThatHoldNoTrainingStateAreNoError) {
  const testing::TemporaryFolder folder;
  const auto found = [&](const std::string& bytes) {
    return findCheckpointFacts(folder.write("weights", bytes).string());
  };
  const auto none = found("no safetensors file at all");
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  const auto damaged = found(fileWithState("{"));
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, ErrorCode::kBadData);
}

TEST(Checkpoint, AHeaderThatClaimsMoreThanTheFileIsNotAllocated) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.write("claims.ckpt", std::string("\0\0\0\x05\0\0\0\0{}", 10)).string();
  const auto facts = readCheckpointFacts(path);
  ASSERT_FALSE(facts.ok());
  EXPECT_EQ(facts.error().code, ErrorCode::kBadData);
  EXPECT_NE(facts.error().text().find("claims 83886080 bytes"), std::string::npos) << facts.error().text();
}

TEST(Checkpoint, ADamagedFileIsBadData) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder / "a.ckpt").string();
  ASSERT_TRUE(writeCheckpoint(path, facts(), {{"w", at::ones({8})}}, Overwrite::kNo).ok());
  const std::string whole = testing::readFile(path);
  // Cut anywhere, it is an error and never a crash.
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    const auto cut = folder.write("cut.ckpt", whole.substr(0, length));
    const auto read = readCheckpoint(cut.string());
    ASSERT_FALSE(read.ok()) << length;
    EXPECT_EQ(read.error().code, ErrorCode::kBadData) << length;
  }
  EXPECT_EQ(readCheckpoint((folder / "none.ckpt").string()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(readCheckpoint(folder.write("text.ckpt", "this is no checkpoint at all").string()).error().code,
            ErrorCode::kBadData);
}

}  // namespace
}  // namespace anchorscope
