// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// Copies of boxes, and the barriers that they arrive at.

func.func @right(%box: !tile.box, %to: memref<8192xf16, 3>, %barriers: memref<8xi64, 3>, %i: index) {
  tile.barrier_init %barriers[%i], 1 : memref<8xi64, 3>
  tile.barrier_publish
  tile.barrier_expect %barriers[%i], 16384 : memref<8xi64, 3>
  tile.copy_box %box[%i, %i] to %to[%i] then %barriers[%i] : memref<8192xf16, 3>, memref<8xi64, 3>
  tile.barrier_wait %barriers[%i], %i : memref<8xi64, 3>
  tile.barrier_arrive %barriers[%i] : memref<8xi64, 3>
  tile.barrier_end %barriers[%i] : memref<8xi64, 3>
  return
}

// -----

func.func @place(%box: !tile.box, %to: memref<8192xf16, 3>, %barriers: memref<8xi64, 3>, %i: index) {
  // expected-error@+1 {{has 6 coordinates, where 1 to 5 are possible}}
  tile.copy_box %box[%i, %i, %i, %i, %i, %i] to %to[%i] then %barriers[%i] : memref<8192xf16, 3>, memref<8xi64, 3>
  return
}
