// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-pair-loads))' | FileCheck %s
// Neighbours of which the first has an even index are loaded together, where that takes no longer than one.

// CHECK-LABEL: func @neighbours
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[ROW:.*]] = arith.muli
// CHECK: %[[AT:.*]] = arith.addi %[[ROW]], %[[I]]
// CHECK: %[[BOTH:.*]] = vector.load %arg0[%[[AT]]] {alignment = 8 : i64} : memref<?xf32>, vector<2xf32>
// CHECK-DAG: vector.extract %[[BOTH]][0]
// CHECK-DAG: vector.extract %[[BOTH]][1]
// CHECK-NOT: memref.load
func.func @neighbours(%in: memref<?xf32>, %out: memref<?xf32>, %row: index) attributes {treadle.target = {load_bytes = 8 : i64}} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %size = arith.constant 384 : index
  scf.for %i = %zero to %size step %two {
    %start = arith.muli %row, %size : index
    %at = arith.addi %start, %i : index
    %x = memref.load %in[%at] : memref<?xf32>
    %next = arith.addi %at, %one : index
    %y = memref.load %in[%next] : memref<?xf32>
    %z = arith.addf %x, %y : f32
    memref.store %z, %out[%i] : memref<?xf32>
  }
  return
}

// One whose index may be odd, two elements between which something is stored, shared memory, and elements of other widths stay.
// CHECK-LABEL: func @others
// CHECK-NOT: vector.load
func.func @others(%in: memref<?xf32>, %shared: memref<64xf32, #gpu.address_space<workgroup>>, %halves: memref<?xf16>, %row: index)
    attributes {treadle.target = {load_bytes = 8 : i64}} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %next = arith.addi %row, %one : index
  %a = memref.load %in[%row] : memref<?xf32>
  %b = memref.load %in[%next] : memref<?xf32>
  %c = memref.load %in[%zero] : memref<?xf32>
  memref.store %a, %in[%row] : memref<?xf32>
  %d = memref.load %in[%one] : memref<?xf32>
  %e = memref.load %shared[%zero] : memref<64xf32, #gpu.address_space<workgroup>>
  %f = memref.load %shared[%one] : memref<64xf32, #gpu.address_space<workgroup>>
  %g = memref.load %halves[%zero] : memref<?xf16>
  %h = memref.load %halves[%one] : memref<?xf16>
  memref.store %b, %in[%row] : memref<?xf32>
  memref.store %c, %in[%row] : memref<?xf32>
  memref.store %d, %in[%row] : memref<?xf32>
  memref.store %e, %in[%row] : memref<?xf32>
  memref.store %f, %in[%row] : memref<?xf32>
  memref.store %g, %halves[%row] : memref<?xf16>
  memref.store %h, %halves[%row] : memref<?xf16>
  return
}

// Other targets' kernels stay.
// CHECK-LABEL: func @device
// CHECK-NOT: vector.load
func.func @device(%in: memref<?xf32>) attributes {treadle.target = {load_bytes = 0 : i64}} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %a = memref.load %in[%zero] : memref<?xf32>
  %b = memref.load %in[%one] : memref<?xf32>
  memref.store %a, %in[%one] : memref<?xf32>
  memref.store %b, %in[%zero] : memref<?xf32>
  return
}
