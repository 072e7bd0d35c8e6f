// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// What the ops of the program dialect say of buffers, slices and kernels that do not fit.

program.entry "main" {
  // expected-error@+1 {{a buffer cannot hold elements of 'index'}}
  %0 = program.arena : <tensor<2xindex>>
}

// -----

program.entry "main" {
  // expected-error@+1 {{has a value of 'tensor<2xf32>' in a buffer of 'tensor<3xf32>'}}
  %0 = program.constant dense<1.0> : tensor<2xf32> : <tensor<3xf32>>
}

// -----

program.entry "main" {
  %0 = program.arena : <tensor<4xf32>>
  // expected-error@+1 {{must have one offset, not 2}}
  %1 = program.view %0 at <0, 4> : <tensor<4xf32>> to <tensor<2xf32>>
}

// -----

program.entry "main" {
  %0 = program.arena : <tensor<4xf32>>
  // expected-error@+1 {{from byte 12 to 20 reaches beyond its source, of 16 bytes}}
  %1 = program.view %0 at <12> : <tensor<4xf32>> to <tensor<2xf32>>
}

// -----

program.entry "main" {
  %0 = program.arena : <tensor<?xf32, #graph.dims<n>>>
  // expected-error@+1 {{from byte 4 to 4 * n + 4 reaches beyond its source, of 4 * n bytes}}
  %1 = program.view %0 at <4> : <tensor<?xf32, #graph.dims<n>>> to <tensor<?xi32, #graph.dims<n>>>
}

// -----

program.entry "main" {
  // expected-error@+1 {{compares 2 sizes with 1}}
  program.require <n, m> equals <n>, "n and m"
}

// -----

program.entry "main" {
  %0 = program.arena : <tensor<4xf32>>
  %1 = program.output "y" : <tensor<4xf16>>
  // expected-error@+1 {{copies 16 bytes to a buffer of 8}}
  program.copy %0 to %1 : <tensor<4xf32>>, <tensor<4xf16>>
}

// -----

program.entry "main" {
  %0 = program.arena : <tensor<4xf32>>
  // expected-error@+1 {{must have a dictionary in values for each of the 1 buffers that it writes}}
  program.dispatch @map_0() into(%0) sizes <> {flops = #graph.dims<0>, traffic = #graph.dims<0>, sources = [], values = []} : () -> !program.buffer<tensor<4xf32>>
}

// -----

program.entry "main" {
  %0 = program.arena : <tensor<4xf32>>
  // expected-error@+1 {{must have one number of flops and one of traffic}}
  program.dispatch @map_0() into(%0) sizes <> {flops = #graph.dims<>, traffic = #graph.dims<0>, sources = [], values = [{}]} : () -> !program.buffer<tensor<4xf32>>
}

// -----

program.entry "main" {
  %0 = program.input "x" : <tensor<4xf32>>
  %1 = program.view %0 at <0> : <tensor<4xf32>> to <tensor<2x2xf32>>
  // expected-error@+1 {{writes program.input, which is only read}}
  program.dispatch @map_0() into(%1) sizes <> {flops = #graph.dims<0>, traffic = #graph.dims<0>, sources = [], values = [{}]} : () -> !program.buffer<tensor<2x2xf32>>
}

// -----

program.entry "main" {
  %0 = program.input "x" : <tensor<?xf32, #graph.dims<n>>>
  %1 = program.output "y" : <tensor<?xf32, #graph.dims<n>>>
  program.dispatch @map_0(%0) into(%1) sizes <n> {flops = #graph.dims<0>, traffic = #graph.dims<0>, sources = [], values = [{}]} : (!program.buffer<tensor<?xf32, #graph.dims<n>>>) -> !program.buffer<tensor<?xf32, #graph.dims<n>>>
}
program.executable @cpu {
  builtin.module @map_0 {
    func.func @map_0(%x: tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>> attributes {treadle.symbols = ["s0"]} {
      %0 = graph.exp %x : (tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>>
      return %0 : tensor<?xf32, #graph.dims<s0>>
    }
  }
}

// -----

program.entry "main" {
  %0 = program.input "x" : <tensor<?xf32, #graph.dims<n>>>
  %1 = program.output "y" : <tensor<?xf32, #graph.dims<n>>>
  // expected-error@+1 {{runs @map_1, which cpu lacks}}
  program.dispatch @map_1(%0) into(%1) sizes <n> {flops = #graph.dims<0>, traffic = #graph.dims<0>, sources = [], values = [{}]} : (!program.buffer<tensor<?xf32, #graph.dims<n>>>) -> !program.buffer<tensor<?xf32, #graph.dims<n>>>
}
program.executable @cpu {
  builtin.module @map_0 {
    func.func @map_0(%x: tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>> attributes {treadle.symbols = ["s0"]} {
      %0 = graph.exp %x : (tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>>
      return %0 : tensor<?xf32, #graph.dims<s0>>
    }
  }
}

// -----

program.entry "main" {
  %0 = program.input "x" : <tensor<?xf32, #graph.dims<n>>>
  %1 = program.output "y" : <tensor<?xf16, #graph.dims<n>>>
  // expected-error@+1 {{runs @map_0 on other buffers than it computes with}}
  program.dispatch @map_0(%0) into(%1) sizes <n> {flops = #graph.dims<0>, traffic = #graph.dims<0>, sources = [], values = [{}]} : (!program.buffer<tensor<?xf32, #graph.dims<n>>>) -> !program.buffer<tensor<?xf16, #graph.dims<n>>>
}
program.executable @cpu {
  builtin.module @map_0 {
    func.func @map_0(%x: tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>> attributes {treadle.symbols = ["s0"]} {
      %0 = graph.exp %x : (tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>>
      return %0 : tensor<?xf32, #graph.dims<s0>>
    }
  }
}

// -----

program.entry "main" {
  %0 = program.input "x" : <tensor<?xf32, #graph.dims<n>>>
  %1 = program.output "y" : <tensor<?xf32, #graph.dims<n>>>
  // expected-error@+1 {{gives @map_0 2 sizes, it takes 1}}
  program.dispatch @map_0(%0) into(%1) sizes <n, n> {flops = #graph.dims<0>, traffic = #graph.dims<0>, sources = [], values = [{}]} : (!program.buffer<tensor<?xf32, #graph.dims<n>>>) -> !program.buffer<tensor<?xf32, #graph.dims<n>>>
}
program.executable @cpu {
  builtin.module @map_0 {
    func.func @map_0(%x: tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>> attributes {treadle.symbols = ["s0"]} {
      %0 = graph.exp %x : (tensor<?xf32, #graph.dims<s0>>) -> tensor<?xf32, #graph.dims<s0>>
      return %0 : tensor<?xf32, #graph.dims<s0>>
    }
  }
}
