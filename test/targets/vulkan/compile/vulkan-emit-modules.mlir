// RUN: treadle-opt %s --pass-pipeline='builtin.module(program.executable(treadle-vulkan-emit-modules))' --mlir-elide-resource-strings-if-larger=20 | FileCheck %s
// An executable's modules become words, one after another; what they need of a device is said.

// CHECK: program.executable @vulkan
// CHECK-SAME: object = dense_resource
// CHECK-SAME: treadle.features = ["shaderInt64", "shaderFloat64"]
// CHECK: spirv.module {{.*}}treadle.bytes = 156 : i64, treadle.offset = 0 : i64
// The next begins at a multiple of 8.
// CHECK: spirv.module {{.*}}treadle.offset = 160 : i64
program.executable @vulkan attributes {treadle.target = {name = "vulkan", variant = "gpu"}} {
  builtin.module @one {
    spirv.module PhysicalStorageBuffer64 GLSL450 requires #spirv.vce<v1.5, [Shader, Int64, PhysicalStorageBufferAddresses], []> {
      spirv.func @main() "None" {
        spirv.Return
      }
      spirv.EntryPoint "GLCompute" @main
      spirv.ExecutionMode @main "LocalSize", 1, 1, 1
    }
  }
  builtin.module @two {
    spirv.module PhysicalStorageBuffer64 GLSL450 requires #spirv.vce<v1.5, [Shader, Float64, PhysicalStorageBufferAddresses], []> {
      spirv.func @main() "None" {
        spirv.Return
      }
      spirv.EntryPoint "GLCompute" @main
      spirv.ExecutionMode @main "LocalSize", 1, 1, 1
    }
  }
}

// Another target's executable is left alone.
// CHECK: program.executable @cpu
// CHECK-NOT: object
program.executable @cpu attributes {treadle.target = {name = "cpu", variant = "x86-64-v3"}} {
}
