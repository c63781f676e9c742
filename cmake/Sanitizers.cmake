# ANCHORSCOPE_SANITIZER instruments every target of ours. LibTorch itself is not instrumented.
#   address   AddressSanitizer and UndefinedBehaviorSanitizer
#   fuzzer    the same, and the counters of branches that libFuzzer is guided by: Clang only
#   thread    ThreadSanitizer
set(flags)
if(ANCHORSCOPE_SANITIZER MATCHES "^(address|fuzzer)$")
  # vptr needs run-time type information of classes inside LibTorch that it does not export.
  set(flags -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    list(APPEND flags -fno-sanitize=function)   # of the same kind
  endif()
  if(ANCHORSCOPE_SANITIZER STREQUAL "fuzzer")
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      message(FATAL_ERROR "libFuzzer is a part of Clang, and the compiler is ${CMAKE_CXX_COMPILER_ID}. Set CMAKE_CXX_COMPILER to "
                          "clang++, or use the preset asan, whose './dev --asan fuzz' goes without libFuzzer.")
    endif()
    list(APPEND flags -fsanitize=fuzzer-no-link)
    # The library without a main(), which -fsanitize=fuzzer would bring: tests_fuzz chooses its target itself.
    execute_process(COMMAND "${CMAKE_CXX_COMPILER}" --print-runtime-dir OUTPUT_VARIABLE runtimes OUTPUT_STRIP_TRAILING_WHITESPACE)
    find_library(ANCHORSCOPE_LIBFUZZER NAMES clang_rt.fuzzer_no_main-${CMAKE_SYSTEM_PROCESSOR} clang_rt.fuzzer_no_main
                 PATHS "${runtimes}" NO_DEFAULT_PATH REQUIRED)
  endif()
elseif(ANCHORSCOPE_SANITIZER STREQUAL "thread")
  set(flags -fsanitize=thread)
elseif(NOT ANCHORSCOPE_SANITIZER STREQUAL "")
  message(FATAL_ERROR "ANCHORSCOPE_SANITIZER is '${ANCHORSCOPE_SANITIZER}'; it may be 'address', 'fuzzer', 'thread' or empty.")
endif()
if(flags)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer> "$<$<COMPILE_LANGUAGE:CXX>:${flags}>")
  add_link_options(${flags})
  # Instrumented code makes g++ 12 see uninitialised members inside the standard library's own headers.
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized>)
endif()
unset(flags)
