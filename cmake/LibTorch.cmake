# LibTorch::LibTorch from Torch_DIR (<root>/share/cmake/Torch), and with ANCHORSCOPE_CUDA the CUDA language.
#
# LibTorch's own TorchConfig.cmake is not used: a CUDA build of LibTorch refuses to configure there without a CUDA
# toolkit, so `--no-cuda` could not use the same download, and it adds architecture flags to every CUDA source.
if(NOT Torch_DIR AND DEFINED ENV{Torch_DIR})
  set(Torch_DIR "$ENV{Torch_DIR}" CACHE PATH "LibTorch's share/cmake/Torch")
endif()
if(NOT Torch_DIR)
  message(FATAL_ERROR "LibTorch is not named. Run ./dev build, or set Torch_DIR to the share/cmake/Torch of LibTorch 2.11.")
endif()
get_filename_component(libtorch_root "${Torch_DIR}/../../.." ABSOLUTE)
foreach(file include/ATen/ATen.h lib/libtorch.so lib/libtorch_cpu.so lib/libc10.so)
  if(NOT EXISTS "${libtorch_root}/${file}")
    message(FATAL_ERROR "Torch_DIR is '${Torch_DIR}', but ${libtorch_root}/${file} does not exist.")
  endif()
endforeach()

file(STRINGS "${libtorch_root}/include/torch/headeronly/version.h" version_lines REGEX "define TORCH_VERSION_M[AI][JN]OR")
string(REGEX REPLACE "[^0-9;]" "" libtorch_version "${version_lines}")
list(JOIN libtorch_version "." libtorch_version)
if(NOT libtorch_version STREQUAL "2.11")
  message(WARNING "LibTorch in ${libtorch_root} is version ${libtorch_version}; this project is written for 2.11.")
endif()

add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)
target_include_directories(LibTorch::LibTorch INTERFACE "${libtorch_root}/include"
                                                        "${libtorch_root}/include/torch/csrc/api/include")
# The C++ runtime comes first: libtorch.so exports a std::filesystem of its own, whose remove_all() jumps to address 0, and
# a program takes each symbol from the first library that has it.
target_link_libraries(LibTorch::LibTorch INTERFACE stdc++ "${libtorch_root}/lib/libtorch.so" "${libtorch_root}/lib/libtorch_cpu.so"
                                                   "${libtorch_root}/lib/libc10.so" Threads::Threads)

if(ANCHORSCOPE_CUDA)
  if(NOT EXISTS "${libtorch_root}/lib/libtorch_cuda.so")
    message(FATAL_ERROR "LibTorch in ${libtorch_root} has no CUDA half. Build with --no-cuda (ANCHORSCOPE_CUDA=OFF), or name a "
                        "CUDA build of LibTorch.")
  endif()
  enable_language(CUDA)
  # The CUDA runtime that LibTorch loads, so that one process never holds two; a toolkit's own when LibTorch brings none.
  file(GLOB cuda_runtime "${libtorch_root}/../nvidia/cu13/lib/libcudart.so.*" "${libtorch_root}/lib/libcudart*.so.*")
  if(NOT cuda_runtime)
    find_package(CUDAToolkit REQUIRED)
    set(cuda_runtime CUDA::cudart)
  endif()
  list(GET cuda_runtime 0 cuda_runtime)
  add_library(anchorscope_cuda_runtime INTERFACE)
  target_include_directories(anchorscope_cuda_runtime SYSTEM INTERFACE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  target_link_libraries(anchorscope_cuda_runtime INTERFACE "${cuda_runtime}")
  target_link_libraries(LibTorch::LibTorch INTERFACE "${libtorch_root}/lib/libtorch_cuda.so"
                                                     "${libtorch_root}/lib/libc10_cuda.so" anchorscope_cuda_runtime)
endif()
