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

# Loops of ours (core/ops/parallel.cpp) run on the threads of the OpenMP runtime that LibTorch loads: a second one would bring
# threads of its own, which at::set_num_threads does not reach. Only the compiler's half is asked for (-fopenmp when compiling,
# never when linking); g++'s calls are understood by libgomp, libiomp5 and libomp alike, Clang's are not. A LibTorch with
# threads of its own needs nothing.
set(libtorch_openmp_flag)
add_library(anchorscope_openmp INTERFACE)
file(STRINGS "${libtorch_root}/include/ATen/Config.h" libtorch_uses_openmp REGEX "AT_PARALLEL_OPENMP 1")
if(libtorch_uses_openmp)
  execute_process(COMMAND "${CMAKE_READELF}" -d "${libtorch_root}/lib/libtorch_cpu.so" OUTPUT_VARIABLE libtorch_needs ERROR_QUIET)
  string(REGEX MATCH "lib(gomp|iomp5|omp)[^] \n]*" openmp_runtime "${libtorch_needs}")
  find_file(ANCHORSCOPE_OPENMP_RUNTIME NAMES "${openmp_runtime}" NO_DEFAULT_PATH
            PATHS "${libtorch_root}/lib" "${libtorch_root}/../torch.libs" ${CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES})
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    message(STATUS "Loops of our own use one thread: they need g++'s OpenMP, and the compiler is ${CMAKE_CXX_COMPILER_ID}.")
  elseif(NOT openmp_runtime OR NOT ANCHORSCOPE_OPENMP_RUNTIME)
    message(WARNING "Loops of our own will use one thread: the OpenMP runtime of ${libtorch_root}/lib/libtorch_cpu.so "
                    "('${openmp_runtime}') was not found. Name its file in ANCHORSCOPE_OPENMP_RUNTIME.")
  else()
    set(libtorch_openmp_flag -fopenmp)
    target_link_libraries(anchorscope_openmp INTERFACE "${ANCHORSCOPE_OPENMP_RUNTIME}")
  endif()
endif()

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
