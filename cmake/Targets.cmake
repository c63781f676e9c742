# What a folder's CMakeLists.txt is written with, so that it stays an inventory:
#
#   anchorscope_add_library(anchorscope_data
#     SOURCES coco_reader.cpp voc_reader.cpp
#     PUBLIC  anchorscope_ops                  # used by the folder's headers
#     PRIVATE simdjson::simdjson               # used by its sources only
#     PCH     aten)                            # aten, nn or qt; optional
#   anchorscope_add_registry(anchorscope_data HEADER core/data/format.h TYPE Format LIST formats
#     ENTRIES cocoFormat vocFormat)            # functions of the library's sources, in the order of the list
#   anchorscope_add_executable(anchorscope-cli SOURCES … LIBS … [PCH …])
#   anchorscope_add_test(tests_data SOURCES … LIBS … [PCH …] [TIMEOUT seconds])
#   anchorscope_add_test_entry(NAME tests_app [XVFB] [FILTER cases] [TIMEOUT seconds])   # another run of the same executable
#   anchorscope_add_benchmark(bench_assigner SOURCES … LIBS … [PCH …])
include_guard(GLOBAL)

# core/ops/cuda -> anchorscope_kernels, every other folder -> anchorscope_<its name>.
function(anchorscope_library_of_folder folder out)
  if(folder STREQUAL "ops/cuda")
    set(${out} anchorscope_kernels PARENT_SCOPE)
  else()
    set(${out} anchorscope_${folder} PARENT_SCOPE)
  endif()
endfunction()

# Adds the folders, named from the folder `parent` of the caller's.
function(anchorscope_add_folders parent)
  foreach(folder IN LISTS ARGN)
    add_subdirectory("${CMAKE_CURRENT_SOURCE_DIR}/${parent}/${folder}" "${CMAKE_CURRENT_BINARY_DIR}/${parent}/${folder}")
  endforeach()
endfunction()

# One target per kind of precompiled header builds it; every other target reuses the result.
#   aten  tensors                      nn  tensors, modules and optimisers (core/model, core/trainer)
#   qt    Qt's widgets                 cli the command line's options and JSON
# Tests have GoogleTest besides: test, test_aten, test_nn, test_qt.
set(pch_aten <ATen/ATen.h>)
set(pch_nn <ATen/ATen.h> <torch/nn.h> <torch/optim.h> <torch/serialize.h>)
set(pch_qt <QtCore/QtCore> <QtGui/QtGui> <QtWidgets/QtWidgets>)
set(pch_cli <CLI/CLI.hpp> <nlohmann/json.hpp>)
set(pch_libraries_aten LibTorch::LibTorch)
set(pch_libraries_nn LibTorch::LibTorch)
set(pch_libraries_qt Qt6::Widgets)
set(pch_libraries_cli CLI11::CLI11 nlohmann_json::nlohmann_json)
set(pch_test <gmock/gmock.h> <gtest/gtest.h>)
set(pch_libraries_test GTest::gmock)
foreach(kind aten nn qt)
  set(pch_test_${kind} ${pch_${kind}} ${pch_test})
  set(pch_libraries_test_${kind} ${pch_libraries_${kind}} ${pch_libraries_test})
endforeach()
set(pch_standard_headers
    <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <mutex> <optional> <span> <sstream> <string>
    <string_view> <unordered_map> <utility> <variant> <vector>)

function(anchorscope_use_pch target kind)
  if(NOT ANCHORSCOPE_PCH)
    return()
  endif()
  if(NOT DEFINED pch_${kind})
    message(FATAL_ERROR "${target}: there is no precompiled header '${kind}'; there are aten, nn, qt and cli, and those of tests.")
  endif()
  if(NOT TARGET anchorscope_pch_${kind})
    file(WRITE "${CMAKE_BINARY_DIR}/pch/${kind}.cpp.new" "// The target of this file exists for its precompiled header.\n")
    file(COPY_FILE "${CMAKE_BINARY_DIR}/pch/${kind}.cpp.new" "${CMAKE_BINARY_DIR}/pch/${kind}.cpp" ONLY_IF_DIFFERENT)
    add_library(anchorscope_pch_${kind} OBJECT "${CMAKE_BINARY_DIR}/pch/${kind}.cpp")
    target_link_libraries(anchorscope_pch_${kind} PRIVATE ${pch_libraries_${kind}} anchorscope_warnings)
    target_precompile_headers(anchorscope_pch_${kind} PRIVATE ${pch_standard_headers} ${pch_${kind}})
  endif()
  target_precompile_headers(${target} REUSE_FROM anchorscope_pch_${kind})
endfunction()

function(anchorscope_prepare_target target pch)
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:anchorscope_warnings>)
  if(pch)
    anchorscope_use_pch(${target} ${pch})
  endif()
endfunction()

function(anchorscope_add_library target)
  cmake_parse_arguments(arg "" "PCH" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${target} STATIC ${arg_SOURCES})
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  anchorscope_prepare_target(${target} "${arg_PCH}")
endfunction()

# Adds `const std::vector<TYPE>& LIST()`, which HEADER declares: the results of the functions ENTRIES.
function(anchorscope_add_registry target)
  cmake_parse_arguments(arg "" "HEADER;TYPE;LIST" "ENTRIES" ${ARGN})
  set(declarations)
  foreach(entry IN LISTS arg_ENTRIES)
    string(APPEND declarations "${arg_TYPE} ${entry}();\n")
  endforeach()
  list(TRANSFORM arg_ENTRIES APPEND "()" OUTPUT_VARIABLE calls)
  list(JOIN calls ", " calls)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${arg_LIST}.cpp")
  file(
    CONFIGURE
    OUTPUT "${source}"
    CONTENT
      "#include \"${arg_HEADER}\"\n\nnamespace anchorscope {\n\n${declarations}\nconst std::vector<${arg_TYPE}>& ${arg_LIST}() {\n  static const std::vector<${arg_TYPE}> entries = {${calls}};\n  return entries;\n}\n\n}  // namespace anchorscope\n"
    @ONLY)
  target_sources(${target} PRIVATE "${source}")
endfunction()

function(anchorscope_add_executable target)
  cmake_parse_arguments(arg "" "PCH" "SOURCES;LIBS" ${ARGN})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBS})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  anchorscope_prepare_target(${target} "${arg_PCH}")
endfunction()

# A ctest entry that runs an executable, or those of its cases that FILTER names. Its cases are counted from the XML it writes
# (tests/support/run_tests.py). XVFB runs it in a real X server instead of Qt's offscreen platform.
function(anchorscope_add_test_entry name target)
  cmake_parse_arguments(arg "XVFB" "FILTER;TIMEOUT" "" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set(platform offscreen)
  set(launcher)
  if(arg_XVFB)
    set(platform xcb)
    set(launcher xvfb-run --auto-servernum "--server-args=-screen 0 1920x1080x24")
  endif()
  set(arguments "--gtest_output=xml:${CMAKE_BINARY_DIR}/test-results/${name}.xml")
  if(arg_FILTER)
    list(APPEND arguments "--gtest_filter=${arg_FILTER}")
  endif()
  set(home "${CMAKE_BINARY_DIR}/test-home/${name}") # what one program leaves behind is none of another's
  add_test(NAME ${name} COMMAND ${launcher} $<TARGET_FILE:${target}> ${arguments})
  set_tests_properties(
    ${name}
    PROPERTIES TIMEOUT ${arg_TIMEOUT}
               WORKING_DIRECTORY "${CMAKE_BINARY_DIR}/test-results"
               ENVIRONMENT
               "QT_QPA_PLATFORM=${platform};XDG_CONFIG_HOME=${home}/config;XDG_DATA_HOME=${home}/data;XDG_CACHE_HOME=${home}/cache;XDG_RUNTIME_DIR=${home}/runtime"
  )
endfunction()

# One GoogleTest executable is one ctest entry, since loading LibTorch takes longer than most tests.
function(anchorscope_add_test target)
  cmake_parse_arguments(arg "" "PCH;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  set(pch test)
  if(arg_PCH)
    set(pch test_${arg_PCH})
  endif()
  anchorscope_add_executable(
    ${target}
    SOURCES ${arg_SOURCES}
    LIBS ${arg_LIBS} anchorscope_test_support GTest::gmock GTest::gtest_main
    PCH ${pch})
  anchorscope_add_test_entry(${target} ${target} TIMEOUT ${arg_TIMEOUT})
endfunction()

function(anchorscope_add_benchmark target)
  cmake_parse_arguments(arg "" "PCH" "SOURCES;LIBS" ${ARGN})
  anchorscope_add_executable(${target} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS} benchmark::benchmark PCH ${arg_PCH})
  set_property(GLOBAL APPEND PROPERTY ANCHORSCOPE_BENCHMARKS ${target})
endfunction()
