#include "app/cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/base/text.h"

namespace anchorscope::cli {

/// Collects text and writes it, escaped, in whole lines or when flushed, so that no letter is cut in two.
class Output::Buffer : public std::streambuf {
 public:
  explicit Buffer(int file) : file_(file) {}
  int failure() const { return failure_; }

 protected:
  int_type overflow(int_type letter) override {
    if (traits_type::eq_int_type(letter, traits_type::eof())) return traits_type::not_eof(letter);
    const char one = traits_type::to_char_type(letter);
    return xsputn(&one, 1) == 1 ? letter : traits_type::eof();
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    pending_.append(text, static_cast<std::size_t>(count));
    if (pending_.size() >= kWriteAt)
      if (const std::size_t end = pending_.rfind('\n'); end != std::string::npos) write(end + 1);
    return failure_ == 0 ? count : 0;
  }
  int sync() override {
    write(pending_.size());
    return failure_ == 0 ? 0 : -1;
  }

 private:
  static constexpr std::size_t kWriteAt = 1 << 15;

  void write(std::size_t count) {
    std::string lines = pending_.substr(0, count);
    pending_.erase(0, count);
    // A table's lines end as those of its files do; here they end as all others.
    for (std::size_t end = 0; (end = lines.find("\r\n", end)) != std::string::npos;)
      lines.erase(end, 1);
    const std::string text = printableLines(lines);
    std::size_t done = 0;
    while (done < text.size() && failure_ == 0) {
      const ssize_t written = ::write(file_, text.data() + done, text.size() - done);
      if (written < 0 && errno != EINTR) failure_ = errno;
      if (written > 0) done += static_cast<std::size_t>(written);
    }
  }

  const int file_;
  std::string pending_;
  int failure_ = 0;  ///< errno of the first write that failed.
};

Output::Output()
    : out_(std::make_unique<Buffer>(STDOUT_FILENO)),
      error_(std::make_unique<Buffer>(STDERR_FILENO)),
      outBefore_(std::cout.rdbuf(out_.get())),
      errorBefore_(std::cerr.rdbuf(error_.get())) {
  std::cerr << std::unitbuf;
}

Output::~Output() {
  std::cout.flush();
  std::cerr.flush();
  std::cout.rdbuf(outBefore_);
  std::cerr.rdbuf(errorBefore_);
}

Status Output::finish() {
  std::cout.flush();
  std::cerr.flush();
  const int failure = out_->failure();
  if (failure == 0) return {};
  return makeError(ErrorCode::kIo, concat("The output could not be written: ", std::strerror(failure)),
                   failure == ENOSPC ? "Free some space where it goes to" : "Check where it goes to");
}

void Output::control(const char* sequence) {
  std::cerr.flush();
  // A terminal that is gone shows in the next line that is printed.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, sequence, std::strlen(sequence));
}

}  // namespace anchorscope::cli
