#pragma once
// Threads whose owners are gone: nobody waits for them but the end of the program.

#include <future>

namespace anchorscope {

/// From any thread. `thread`: of std::async, whose end would be waited for where it is destroyed.
void leaveToItsEnd(std::future<void> thread);

}  // namespace anchorscope
