#include "widgets/source/ended_threads.h"

#include <chrono>
#include <list>
#include <mutex>
#include <utility>

namespace anchorscope {

void leaveToItsEnd(std::future<void> thread) {
  static std::mutex mutex;
  static std::list<std::future<void>> threads;
  const std::lock_guard lock(mutex);
  std::erase_if(threads, [](const std::future<void>& other) {
    return other.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  });
  threads.push_back(std::move(thread));
}

}  // namespace anchorscope
