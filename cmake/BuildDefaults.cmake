# Language levels, optimisation, output folders, linker and compiler cache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Programs are compiled with the libraries' -fPIC, not -fPIE: g++ takes a precompiled header only under equal settings.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set_property(GLOBAL PROPERTY GLOBAL_DEPENDS_NO_CYCLES ON)

# Line tables only (-g1): full debug information of LibTorch's headers triples object files and link times.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CUDA_FLAGS_RELWITHDEBINFO "-O2 -lineinfo -DNDEBUG")

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

# Turing to Hopper as machine code; newer devices compile Hopper's PTX when they first load it.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 90)
endif()
set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)

find_program(ANCHORSCOPE_MOLD mold)
if(ANCHORSCOPE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
# LibTorch's CUDA half registers itself when loaded; nothing in our code names a symbol of it.
add_link_options(LINKER:--no-as-needed)

find_program(ANCHORSCOPE_CCACHE ccache)
if(ANCHORSCOPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${ANCHORSCOPE_CCACHE}")
  set(CMAKE_CUDA_COMPILER_LAUNCHER "${ANCHORSCOPE_CCACHE}")
  # ccache recognises a precompiled header given by -include only when the preprocessed text keeps the mention of it.
  add_compile_options($<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fpch-preprocess>)
endif()
