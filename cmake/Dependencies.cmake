# Everything from outside, found once. `./dev setup` installs what is named here.
find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(zstd REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(pugixml REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(muparser REQUIRED)
find_package(PkgConfig REQUIRED)

# Debian's yaml-cpp 0.7 names its target without a namespace and gives it a relative include folder.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

if(ANCHORSCOPE_TORCH)
  include(LibTorch)
  # Debian's CMake files of libzip ask for programs that its -dev package does not bring.
  pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
endif()

if(ANCHORSCOPE_OPENCV)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
  find_package(JPEG REQUIRED)
  find_package(PNG REQUIRED)
  find_package(TIFF REQUIRED)
  add_library(anchorscope_opencv INTERFACE)
  target_include_directories(anchorscope_opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
  target_link_libraries(anchorscope_opencv INTERFACE ${OpenCV_LIBS})
endif()

if(ANCHORSCOPE_GUI)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Widgets PrintSupport Svg Test)
  find_package(QCustomPlotQt6 REQUIRED)
  pkg_check_modules(md4c REQUIRED IMPORTED_TARGET md4c-html)  # Debian gives its converter no CMake files
endif()

if(ANCHORSCOPE_TESTS)
  find_package(GTest REQUIRED)
  if(ANCHORSCOPE_BENCHMARKS)
    find_package(benchmark REQUIRED)
  endif()
endif()
