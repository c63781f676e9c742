#include "core/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace anchorscope {
namespace {

using testing::TemporaryFolder;

std::size_t entryCount(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder))
    ++count;
  return count;
}

TEST(AtomicFile, WritesAndReadsBytes) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.bin", bytes("\0\xff\n\r binary", 11);
  ASSERT_TRUE(writeFileAtomically(path, bytes, Overwrite::kNo));
  const auto read = readFile(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, bytes);
  EXPECT_EQ(entryCount(folder.path()), 1u);
}

TEST(AtomicFile, OverwritesOnlyWhenAllowed) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.txt", "old");
  const Status refused = writeFileAtomically(path, "new", Overwrite::kNo);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kExists);
  EXPECT_EQ(*readFile(path), "old");
  ASSERT_TRUE(writeFileAtomically(path, "new", Overwrite::kYes));
  EXPECT_EQ(*readFile(path), "new");
}

TEST(AtomicFile, AFailingWriterLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.txt", "old");
  const Status status =
      writeFileAtomically(path, Overwrite::kYes, [](const std::string& temporary) -> Status {
        if (Status half = writeFileAtomically(temporary, "half", Overwrite::kYes); !half) return half;
        return makeError(ErrorCode::kNumeric, "gave up");
      });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "gave up");
  EXPECT_EQ(*readFile(path), "old");
  EXPECT_EQ(entryCount(folder.path()), 1u);
}

TEST(AtomicFile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.txt", "old");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A file size limit fails writes in the middle, as a full disk does.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status status = writeFileAtomically(path, std::string(5000, 'x'), Overwrite::kYes);
    ::_exit(!status && status.error().code == ErrorCode::kIo ? 0 : 1);
  }
  int result = -1;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(*readFile(path), "old");
  EXPECT_EQ(entryCount(folder.path()), 1u);
}

TEST(AtomicFile, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_EQ(readFile(folder / "missing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(readFile(folder / "missing").error().action,
            "Check that the path is that of a file that may be read");
  EXPECT_EQ(readFile(folder.path()).error().code, ErrorCode::kIo);
  EXPECT_EQ(writeFileAtomically(folder / "no/such/folder.txt", "x", Overwrite::kNo).error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace anchorscope
