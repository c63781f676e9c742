# Warnings for our own code only: every library header is SYSTEM. They are errors on the compiler this project is kept
# clean with (g++ 12, Debian 12); elsewhere a new warning must not stop a build.
set(werror_default OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(werror_default ON)
endif()
option(ANCHORSCOPE_WERROR "Treat warnings as errors" ${werror_default})

add_library(anchorscope_warnings INTERFACE)
target_compile_options(
  anchorscope_warnings
  INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wextra-semi
            -Wsuggest-override
            -Wimplicit-fallthrough
            -Wformat=2
            -Wcast-qual
            -Wundef
            # g++ 12 sees overlapping copies in `"text" + std::string` (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
            $<$<BOOL:${ANCHORSCOPE_WERROR}>:-Werror>>
            $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra
            $<$<BOOL:${ANCHORSCOPE_WERROR}>:-Werror=all-warnings
            -Xcompiler=-Werror>>)
