// RUN: treadle-opt %s --treadle-build-executables | FileCheck %s
// Every target gets its own copy of the kernels, in the order of the list.

// CHECK: program.executable @"cpu_x86-64-v3" attributes {treadle.target = {name = "cpu", variant = "x86-64-v3"}}
// CHECK: module @neg
// CHECK: graph.neg
// CHECK: program.executable @"cpu_x86-64-v4" attributes {treadle.target = {name = "cpu", variant = "x86-64-v4"}}
// CHECK: module @neg
// CHECK: graph.neg
// CHECK-NOT: @kernels
module attributes {treadle.targets = [{name = "cpu", variant = "x86-64-v3"}, {name = "cpu", variant = "x86-64-v4"}]} {
  module @kernels {
    module @neg {
      func.func @neg(%a: tensor<4xf32>) -> tensor<4xf32> attributes {treadle.family = "map"} {
        %0 = graph.neg %a : (tensor<4xf32>) -> tensor<4xf32>
        return %0 : tensor<4xf32>
      }
    }
  }
}
