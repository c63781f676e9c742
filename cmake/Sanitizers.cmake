# ANCHORSCOPE_SANITIZER instruments every target of ours. LibTorch itself is not instrumented.
if(ANCHORSCOPE_SANITIZER STREQUAL "address")
  # vptr needs run-time type information of classes inside LibTorch that it does not export.
  set(flags -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined)
elseif(ANCHORSCOPE_SANITIZER STREQUAL "thread")
  set(flags -fsanitize=thread)
elseif(NOT ANCHORSCOPE_SANITIZER STREQUAL "")
  message(FATAL_ERROR "ANCHORSCOPE_SANITIZER is '${ANCHORSCOPE_SANITIZER}'; it may be 'address', 'thread' or empty.")
endif()
if(flags)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer> "$<$<COMPILE_LANGUAGE:CXX>:${flags}>")
  add_link_options(${flags})
  # Instrumented code makes g++ 12 see uninitialised members inside the standard library's own headers.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
endif()
unset(flags)
