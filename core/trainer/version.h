#pragma once
// View header. The program's version, as CMakeLists.txt has it.

namespace anchorscope {

extern const char* const kProgramVersion;

}  // namespace anchorscope
