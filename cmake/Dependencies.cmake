# Everything from outside, found once. `./dev setup` installs what is named here.
find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(zstd REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(pugixml REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)

# Debian's yaml-cpp 0.7 names its target without a namespace and gives it a relative include folder.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

if(ANCHORSCOPE_TORCH)
  include(LibTorch)
endif()

if(ANCHORSCOPE_OPENCV)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  add_library(anchorscope_opencv INTERFACE)
  target_include_directories(anchorscope_opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
  target_link_libraries(anchorscope_opencv INTERFACE ${OpenCV_LIBS})
endif()

if(ANCHORSCOPE_GUI)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Widgets PrintSupport Svg Test)
  find_package(QCustomPlotQt6 REQUIRED)
endif()

if(ANCHORSCOPE_TESTS)
  find_package(GTest REQUIRED)
  if(ANCHORSCOPE_BENCHMARKS)
    find_package(benchmark REQUIRED)
  endif()
endif()
