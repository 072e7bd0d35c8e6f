# Settings and functions for every folder.
#
#   treadle_library(NAME [SOURCES ...] [DEPENDS ...] [COMPILER])
#     A static library of the folder's *.cpp (new files are found by themselves). COMPILER: it uses
#     MLIR. Headers are included from the repository root: "runtime/base/DType.h".
#
# cmake/TreadleMlir.cmake has those that need MLIR.
include_guard()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

add_library(treadle-flags INTERFACE)
target_include_directories(treadle-flags INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
target_compile_options(treadle-flags INTERFACE
  -Wall -Wextra -Wno-unused-parameter -Werror=return-type -Werror=switch -fdata-sections -ffunction-sections)
if(TREADLE_SANITIZE)
  target_compile_options(treadle-flags INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(treadle-flags INTERFACE -fsanitize=address,undefined)
endif()

function(treadle_library name)
  cmake_parse_arguments(arg "COMPILER" "" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC treadle-flags ${arg_DEPENDS})
  if(arg_COMPILER)
    treadle_use_mlir(${name})
  endif()
endfunction()
