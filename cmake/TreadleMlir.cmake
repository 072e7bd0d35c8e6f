# Finds MLIR and gives the functions of folders that use it.
#
#   treadle_use_mlir(NAME)                 compile and link against the shared MLIR and LLVM
#   treadle_tablegen(NAME OUT ARGS... )    one generated file from the folder's current .td
#   treadle_dialect(NAME NAMESPACE MNEMONIC DEPENDS ...)
#     A dialect folder: Dialect.td, Attributes.td, Interfaces.td (those that exist), and one .td a
#     family of ops, each with its own generated pair FAMILY.h.inc, FAMILY.cpp.inc. Families.h.inc
#     declares all of them, Families.add.inc registers them.
#   treadle_passes(NAME [FOLDERS ...] DEPENDS ...)
#     A folder of passes: Passes.td and one .cpp a pass. What is in FOLDERS of it belongs to it.
include_guard()

# Debian's package answers to 22.1, not to 22.
find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(treadle-mlir INTERFACE)
target_include_directories(treadle-mlir SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(treadle-mlir INTERFACE ${definitions})
target_link_libraries(treadle-mlir INTERFACE MLIR LLVM)

# The headers that most files read, compiled once: halves the time that a file takes.
file(WRITE "${CMAKE_BINARY_DIR}/mlir-pch.cpp" "")
add_library(treadle-mlir-pch STATIC "${CMAKE_BINARY_DIR}/mlir-pch.cpp")
target_link_libraries(treadle-mlir-pch PUBLIC treadle-flags treadle-mlir)
target_compile_options(treadle-mlir-pch PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
target_precompile_headers(treadle-mlir-pch PRIVATE
  <mlir/Dialect/Arith/IR/Arith.h> <mlir/Dialect/Func/IR/FuncOps.h> <mlir/Dialect/Math/IR/Math.h>
  <mlir/Dialect/MemRef/IR/MemRef.h> <mlir/Dialect/SCF/IR/SCF.h> <mlir/Dialect/Vector/IR/VectorOps.h>
  <mlir/IR/BuiltinOps.h> <mlir/IR/Dialect.h> <mlir/IR/ImplicitLocOpBuilder.h> <mlir/IR/OpImplementation.h>
  <mlir/IR/TensorEncoding.h> <mlir/Pass/Pass.h>)

function(treadle_use_mlir name)
  target_link_libraries(${name} PUBLIC treadle-mlir)
  # -fPIC: executables too, or the compiled headers would not fit them.
  target_compile_options(${name} PRIVATE -fPIC "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${name} REUSE_FROM treadle-mlir-pch)
endfunction()

function(treadle_tablegen target source)
  # ARGN: pairs of output and generator, "Ops.h.inc" "-gen-op-decls"
  set(LLVM_TARGET_DEFINITIONS ${source})
  set(outputs)
  while(ARGN)
    list(POP_FRONT ARGN output arguments)
    separate_arguments(arguments)
    mlir_tablegen(${output} ${arguments} EXTRA_INCLUDES "${PROJECT_SOURCE_DIR}" ${MLIR_INCLUDE_DIRS})
    list(APPEND outputs ${output})
  endwhile()
  set_property(GLOBAL APPEND PROPERTY treadle_generated_${target} ${TABLEGEN_OUTPUT})
endfunction()

function(treadle_finish_tablegen target)
  get_property(generated GLOBAL PROPERTY treadle_generated_${target})
  add_custom_target(${target} DEPENDS ${generated})
endfunction()

function(treadle_dialect name)
  cmake_parse_arguments(arg "" "NAMESPACE;MNEMONIC" "FOLDERS;DEPENDS" ${ARGN})
  set(families)
  file(GLOB definitions CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/*.td")
  foreach(definition IN LISTS definitions)
    get_filename_component(stem ${definition} NAME_WE)
    if(stem STREQUAL "Dialect")
      treadle_tablegen(${name}-inc ${definition}
        Dialect.h.inc "-gen-dialect-decls -dialect=${arg_MNEMONIC}"
        Dialect.cpp.inc "-gen-dialect-defs -dialect=${arg_MNEMONIC}")
    elseif(stem STREQUAL "Attributes")
      treadle_tablegen(${name}-inc ${definition}
        Attributes.h.inc "-gen-attrdef-decls -attrdefs-dialect=${arg_MNEMONIC}"
        Attributes.cpp.inc "-gen-attrdef-defs -attrdefs-dialect=${arg_MNEMONIC}"
        Enums.h.inc "-gen-enum-decls" Enums.cpp.inc "-gen-enum-defs")
    elseif(stem STREQUAL "Types")
      treadle_tablegen(${name}-inc ${definition}
        Types.h.inc "-gen-typedef-decls -typedefs-dialect=${arg_MNEMONIC}"
        Types.cpp.inc "-gen-typedef-defs -typedefs-dialect=${arg_MNEMONIC}")
    elseif(stem STREQUAL "Interfaces")
      treadle_tablegen(${name}-inc ${definition}
        Interfaces.h.inc "-gen-op-interface-decls" Interfaces.cpp.inc "-gen-op-interface-defs")
    elseif(NOT stem STREQUAL "Op") # base classes
      treadle_tablegen(${name}-inc ${definition} ${stem}.h.inc "-gen-op-decls" ${stem}.cpp.inc "-gen-op-defs")
      list(APPEND families ${stem})
    endif()
  endforeach()
  list(TRANSFORM families REPLACE "(.+)" "#define GET_OP_CLASSES\n#include \"${arg_NAMESPACE}/\\1.h.inc\"\n" OUTPUT_VARIABLE headers)
  list(JOIN headers "" headers)
  set(lists "")
  foreach(family IN LISTS families)
    string(APPEND lists "#define GET_OP_LIST\naddOperations<\n#include \"${arg_NAMESPACE}/${family}.cpp.inc\"\n>();\n")
  endforeach()
  file(CONFIGURE OUTPUT Families.h.inc CONTENT "${headers}")
  file(CONFIGURE OUTPUT Families.add.inc CONTENT "${lists}")
  treadle_finish_tablegen(${name}-inc)
  treadle_library(${name} FOLDERS ${arg_FOLDERS} DEPENDS ${arg_DEPENDS} COMPILER)
  add_dependencies(${name} ${name}-inc)
endfunction()

function(treadle_passes name)
  cmake_parse_arguments(arg "" "" "FOLDERS;DEPENDS" ${ARGN})
  # treadle-codegen: registerCodegenPasses()
  string(REPLACE "treadle-" "" stage ${name})
  string(SUBSTRING ${stage} 0 1 first)
  string(SUBSTRING ${stage} 1 -1 rest)
  string(TOUPPER ${first} first)
  treadle_tablegen(${name}-inc Passes.td Passes.h.inc "-gen-pass-decls -name=${first}${rest}")
  treadle_finish_tablegen(${name}-inc)
  treadle_library(${name} FOLDERS ${arg_FOLDERS} DEPENDS ${arg_DEPENDS} COMPILER)
  add_dependencies(${name} ${name}-inc)
endfunction()
