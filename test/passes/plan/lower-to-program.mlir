// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-form-groups{fuse=false}),treadle-lower-to-program)' --split-input-file | FileCheck %s
// Values become buffers, groups dispatches; kernels that compute the same are one.

// The last kernel writes where the output is, seen through the reshape.
// CHECK-LABEL: program.entry "main"
// CHECK: %[[X:.*]] = program.input "x"
// CHECK: %[[Y:.*]] = program.output "y" : <tensor<?xf32, #graph.dims<16 * n>>>
// CHECK: %[[MIDDLE:.*]] = program.arena : <tensor<?x16xf32, #graph.dims<n, 16>>>
// CHECK: program.dispatch @[[EXP:.*]](%[[X]]) into(%[[MIDDLE]]) sizes <n>
// CHECK: %[[VIEW:.*]] = program.view %[[Y]] at <0>
// CHECK: program.dispatch @[[SOFTMAX:.*]](%[[MIDDLE]]) into(%[[VIEW]]) sizes <n>
// CHECK: module @kernels
// CHECK: module @[[EXP]]
// CHECK: func.func @[[EXP]](%arg0: tensor<?x16xf32, #graph.dims<s0, 16>>) {{.*}}treadle.family = "map", treadle.symbols = ["s0"]
// CHECK: graph.exp
// CHECK: func.func @[[SOFTMAX]]
// CHECK: graph.softmax
module attributes {graph.symbols = [#graph.symbol<"n", 0, 1000, 1>]} {
  func.func @main(%x: tensor<?x16xf32, #graph.dims<n, 16>> {graph.name = "x"}) -> (tensor<?xf32, #graph.dims<16 * n>> {graph.name = "y"}) {
    %0 = graph.exp %x : (tensor<?x16xf32, #graph.dims<n, 16>>) -> tensor<?x16xf32, #graph.dims<n, 16>>
    %1 = graph.softmax %0 {axis = 1 : i64} : (tensor<?x16xf32, #graph.dims<n, 16>>) -> tensor<?x16xf32, #graph.dims<n, 16>>
    %2 = graph.reshape %1 : (tensor<?x16xf32, #graph.dims<n, 16>>) -> tensor<?xf32, #graph.dims<16 * n>>
    return %2 : tensor<?xf32, #graph.dims<16 * n>>
  }
}

// -----

// Both groups differ in their symbol alone.
// CHECK-LABEL: program.entry "main"
// CHECK: program.dispatch @[[KERNEL:.*]](%{{.*}}) into(%{{.*}}) sizes <n>
// CHECK: program.dispatch @[[KERNEL]](%{{.*}}) into(%{{.*}}) sizes <m>
// CHECK: module @kernels
// CHECK-COUNT-1: graph.neg
// CHECK-NOT: graph.neg
module attributes {graph.symbols = [#graph.symbol<"n", 0, 1000, 1>, #graph.symbol<"m", 0, 1000, 1>]} {
  func.func @main(%x: tensor<?xf32, #graph.dims<n>> {graph.name = "x"}, %y: tensor<?xf32, #graph.dims<m>> {graph.name = "y"})
      -> (tensor<?xf32, #graph.dims<n>> {graph.name = "a"}, tensor<?xf32, #graph.dims<m>> {graph.name = "b"}) {
    %0 = graph.neg %x : (tensor<?xf32, #graph.dims<n>>) -> tensor<?xf32, #graph.dims<n>>
    %1 = graph.neg %y : (tensor<?xf32, #graph.dims<m>>) -> tensor<?xf32, #graph.dims<m>>
    return %0, %1 : tensor<?xf32, #graph.dims<n>>, tensor<?xf32, #graph.dims<m>>
  }
}
