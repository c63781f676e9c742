// SCHEMA.md's examples are run as they stand there.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "core/store/run_folder.h"
#include "core/store/run_writer.h"
#include "tests/store/run_testing.h"
#include "tests/support/shared_data.h"
#include "tests/support/synthetic_frame.h"
#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

std::string schemaText() {
  return testing::readFile(testing::sourceFolder() / "core/store/SCHEMA.md");
}

/// The n-th Python block of the document.
std::string example(int index) {
  const std::string text = schemaText(), fence = "```python\n";
  std::size_t at = 0;
  for (int i = 0; i <= index; ++i) {
    at = text.find(fence, at);
    if (at == std::string::npos) return {};
    at += fence.size();
  }
  return text.substr(at, text.find("```", at) - at);
}

struct Output {
  int status = -1;
  std::string text;
};

Output run(const std::string& command) {
  Output output;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return output;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe))
    output.text.append(buffer, size);
  output.status = ::pclose(pipe);
  return output;
}

class SchemaDocument : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run("python3 -c 'import sqlite3'").status != 0)
      GTEST_SKIP() << "python3 with sqlite3 is not installed";
    testing::SyntheticFrameOptions options;
    options.step = 3;
    frame_ = testing::makeSyntheticFrame(options);
    auto writer = createRun(folder(), testing::makeHeader(), Overwrite::kNo);
    ASSERT_TRUE(writer) << writer.error().text();
    for (std::int64_t step = 0; step < 4; ++step) {
      StepRecord record{step, {{"lr", 0.5}, {"loss.cls", 0.1 + static_cast<double>(step)}}, {}};
      if (step == 3) record.frames = {frame_};
      (*writer)->record(std::move(record));
    }
    (*writer)->recordEvent({3, "note", "the end"});
  }
  Output runExample(int index, const std::string& argument = "") {
    const std::string script = temporary_.write("example.py", example(index)).string();
    return run("python3 '" + script + "' '" + folder() + "' " + argument);
  }
  std::string folder() const { return (temporary_ / "run").string(); }

  testing::TemporaryFolder temporary_;
  std::shared_ptr<const ProbeFrame> frame_;
};

TEST_F(SchemaDocument, ItsScalarExampleWorks) {
  const Output output = runExample(0);
  EXPECT_EQ(output.status, 0) << output.text;
  EXPECT_EQ(output.text, "0 0.1\n1 1.1\n2 2.1\n3 3.1\n");
}

TEST_F(SchemaDocument, ItsChannelExampleWorks) {
  if (run("python3 -c 'import numpy, zstandard'").status != 0)
    GTEST_SKIP() << "python3 has no numpy or no zstandard; the scalar example was run";
  const Output output = runExample(1);
  ASSERT_EQ(output.status, 0) << output.text;
  std::istringstream words(output.text);
  std::string name;
  std::int64_t step = 0;
  std::size_t count = 0;
  double sum = 0;
  words >> name >> step >> count >> sum;
  const Channel* channel = frame_->stages.front()->channel("cls_score");
  ASSERT_NE(channel, nullptr);
  double expected = 0;
  for (const float value : channel->values)
    expected += double{value};
  EXPECT_EQ(name, frame_->image->name);
  EXPECT_EQ(step, 3);
  EXPECT_EQ(count, channel->values.size());
  EXPECT_NEAR(sum, expected, 1e-9 * std::abs(expected));
}

TEST_F(SchemaDocument, ItsChecksumExampleAgreesInEveryTable) {
  for (const std::string table : {"run", "step", "scalar_name", "scalar", "event", "spec", "probe", "image",
                                  "object", "geometry", "frame", "array"}) {
    const Output output = runExample(2, table);
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_EQ(output.text.find(table + " "), 0u) << output.text;
    EXPECT_NE(output.text.find(" rows, 0 damaged"), std::string::npos) << output.text;
    EXPECT_EQ(output.text.find(" 0 rows"), std::string::npos) << output.text;
  }
}

TEST_F(SchemaDocument, NamesEveryTableAndColumn) {
  const std::string text = schemaText();
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(tracePath(folder()).c_str(), &handle), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(handle,
                               "SELECT '| `' || t.name || '` | `' || group_concat(c.name, ', ') || '` |' "
                               "FROM sqlite_schema t, pragma_table_info(t.name) c "
                               "WHERE t.type='table' AND t.name NOT LIKE 'sqlite%' GROUP BY t.name",
                               -1, &statement, nullptr),
            SQLITE_OK);
  int tables = 0;
  for (; sqlite3_step(statement) == SQLITE_ROW; ++tables) {
    const std::string row = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
  EXPECT_EQ(tables, 14);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
}

}  // namespace
}  // namespace anchorscope
