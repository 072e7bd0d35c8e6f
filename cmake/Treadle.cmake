# Settings and functions for every folder.
#
#   treadle_library(NAME [SOURCES ...] [FOLDERS ...] [DEPENDS ...] [COMPILER])
#     A static library of the folder's *.cpp, and those of FOLDERS in it (new files are found by
#     themselves). COMPILER: it uses MLIR. Headers are included from the repository root: "runtime/base/DType.h".
#
#   treadle_folders(FOLDER MARK)
#     Sets a variable named FOLDER to its folders in which there is MARK, a path with * for the folder.
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
  # What a float of no such integer becomes is undefined, too, and in no group.
  set(sanitizers -fsanitize=address,undefined,float-cast-overflow)
  target_compile_options(treadle-flags INTERFACE ${sanitizers} -fno-omit-frame-pointer)
  target_compile_definitions(treadle-flags INTERFACE _GLIBCXX_ASSERTIONS) # indices and iterators of the library's own
  target_link_options(treadle-flags INTERFACE ${sanitizers})
endif()

function(treadle_library name)
  cmake_parse_arguments(arg "COMPILER" "" "SOURCES;FOLDERS;DEPENDS" ${ARGN})
  if(NOT arg_SOURCES)
    list(TRANSFORM arg_FOLDERS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
    list(TRANSFORM arg_FOLDERS APPEND "/*.cpp")
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" ${arg_FOLDERS})
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC treadle-flags ${arg_DEPENDS})
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set_property(GLOBAL PROPERTY "treadle_library_of_${folder}" ${name}) # for the folder's tests
  if(arg_COMPILER)
    treadle_use_mlir(${name})
  endif()
endfunction()

function(treadle_folders folder mark)
  file(GLOB marks CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/${folder}" "${PROJECT_SOURCE_DIR}/${folder}/${mark}")
  list(TRANSFORM marks REPLACE "/.*" "")
  set(${folder} "${marks}" PARENT_SCOPE)
endfunction()

# libtreadle.so: the C API with the drivers of all targets, small, and needing the C and C++ libraries only.
function(treadle_shared_runtime)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/runtime/*.cpp" "${PROJECT_SOURCE_DIR}/runtime/base/*.cpp"
    "${PROJECT_SOURCE_DIR}/runtime/format/*.cpp" "${PROJECT_SOURCE_DIR}/runtime/exec/*.cpp"
    "${PROJECT_SOURCE_DIR}/runtime/stream/*.cpp")
  foreach(target IN LISTS TREADLE_DRIVERS)
    file(GLOB driver CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/targets/${target}/run/*.cpp")
    list(APPEND sources ${driver})
  endforeach()
  find_package(Threads REQUIRED)
  add_library(treadle-shared SHARED ${sources})
  set_target_properties(treadle-shared PROPERTIES OUTPUT_NAME treadle LINK_DEPENDS "${PROJECT_SOURCE_DIR}/runtime/exports.map")
  target_compile_definitions(treadle-shared PRIVATE TREADLE_VERSION="${PROJECT_VERSION}")
  target_compile_options(treadle-shared PRIVATE -Os -fno-exceptions -fno-rtti)
  target_link_options(treadle-shared PRIVATE -Wl,--gc-sections -Wl,--as-needed
    "-Wl,--version-script=${PROJECT_SOURCE_DIR}/runtime/exports.map" $<$<CONFIG:Release>:-s>)
  target_link_libraries(treadle-shared PRIVATE treadle-flags Threads::Threads ${CMAKE_DL_LIBS})
  add_dependencies(treadle-shared treadle-format-inc)
endfunction()
