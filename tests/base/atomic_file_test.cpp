#include "core/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

TEST(AtomicFile, ReplacesOnlyRegularFiles) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe", inner = folder / "folder";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_directory(inner);
  for (const std::string& path : {pipe, inner, std::string("/dev/null")}) {
    const Status status = writeFileAtomically(path, "x", Overwrite::kYes);
    ASSERT_FALSE(status) << path;
    EXPECT_EQ(status.error().code, ErrorCode::kIo);
    EXPECT_NE(status.error().message.find(path), std::string::npos);
  }
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, FollowsALinkToWhatItNames) {
  const TemporaryFolder folder;
  folder.write("real/a.txt", "old");
  const std::string link = folder / "link", dangling = folder / "dangling", loop = folder / "loop";
  std::filesystem::create_symlink("real/a.txt", link);
  std::filesystem::create_symlink(folder / "real/b.txt", dangling);
  std::filesystem::create_symlink(loop, loop);
  EXPECT_EQ(writeFileAtomically(link, "new", Overwrite::kNo).error().code, ErrorCode::kExists);
  ASSERT_TRUE(writeFileAtomically(link, "new", Overwrite::kYes));
  ASSERT_TRUE(writeFileAtomically(dangling, "first", Overwrite::kNo));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_TRUE(std::filesystem::is_symlink(dangling));
  EXPECT_EQ(*readFile(folder / "real/a.txt"), "new");
  EXPECT_EQ(*readFile(folder / "real/b.txt"), "first");
  EXPECT_EQ(writeFileAtomically(loop, "x", Overwrite::kYes).error().code, ErrorCode::kIo);
}

TEST(AtomicFile, KeepsTheModeOfTheFileItReplaces) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.sh", "old");
  std::filesystem::permissions(path, std::filesystem::perms(0750));
  ASSERT_TRUE(writeFileAtomically(path, "new", Overwrite::kYes));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0750));
}

TEST(AtomicFile, RemovesWhatAKilledWriterLeft) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    (void)writeFileAtomically(folder / "a.txt", Overwrite::kNo, [](const std::string& temporary) -> Status {
      (void)writeFileAtomically(temporary, "half", Overwrite::kNo);
      ::_exit(0);
    });
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  folder.write("b.txt.part-1-0", "of another file, its writer alive");
  folder.write("a.txt.part-", "no temporary file");
  ASSERT_EQ(entryCount(folder.path()), 3u);
  ASSERT_TRUE(writeFileAtomically(folder / "a.txt", "whole", Overwrite::kNo));
  EXPECT_EQ(entryCount(folder.path()), 3u);
  EXPECT_EQ(*readFile(folder / "a.txt"), "whole");
}

TEST(AtomicFile, ReadsOnlyRegularFilesWithinALimit) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe", path = folder.write("a.txt", "0123456789");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& odd : {pipe, std::string("/dev/zero"), folder.path().string()}) {
    EXPECT_EQ(readFile(odd).error().code, ErrorCode::kIo) << odd;
    EXPECT_EQ(readBeginning(odd, 4).error().code, ErrorCode::kIo) << odd;
    EXPECT_FALSE(checkRegularFile(odd)) << odd;
  }
  EXPECT_NE(readFile(pipe).error().message.find("named pipe"), std::string::npos);
  EXPECT_TRUE(checkRegularFile(path));
  EXPECT_TRUE(checkRegularFile(folder / "missing"));
  EXPECT_EQ(readFile(path, 9).error().code, ErrorCode::kBadData);
  EXPECT_EQ(*readFile(path, 10), "0123456789");
  EXPECT_EQ(*readBeginning(path, 4), "0123");
  EXPECT_EQ(*readBeginning(path, 40), "0123456789");
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

TEST(AtomicFile, TellsBeforehandWhatCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.txt", "old"), link = folder / "link";
  std::filesystem::create_symlink("/dev/full", link);
  EXPECT_EQ(checkWritable(path, Overwrite::kNo).error().code, ErrorCode::kExists);
  EXPECT_TRUE(checkWritable(path, Overwrite::kYes));
  EXPECT_TRUE(checkWritable(folder / "new.txt", Overwrite::kNo));
  EXPECT_EQ(checkWritable(link, Overwrite::kYes).error().code, ErrorCode::kIo);
  EXPECT_EQ(checkWritable(folder / "no/such/folder.txt", Overwrite::kYes).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(*readFile(path), "old");
  EXPECT_FALSE(std::filesystem::exists(folder / "new.txt"));
}

TEST(AtomicFile, SaysByHowMuchAFileIsTooLarge) {
  const TemporaryFolder folder;
  EXPECT_NE(
      readFile(folder.write("a.txt", "0123456789"), 9).error().message.find("has 10 bytes, more than the 9"),
      std::string::npos);
}

}  // namespace
}  // namespace anchorscope
