// RUN: treadle-opt %s --split-input-file --verify-diagnostics
// What copies to shared memory say of elements that do not fit.

func.func @right(%from: memref<?xf16>, %to: memref<64xf16, 3>, %i: index, %exists: i1) {
  tile.copy_async 8 of %from[%i] to %to[%i] if %exists : memref<?xf16>, index, memref<64xf16, 3>, index
  tile.commit
  tile.wait 0
  return
}

// -----

func.func @bytes(%from: memref<?xf16>, %to: memref<64xf16, 3>, %i: index) {
  // expected-error@+1 {{copies 6 elements of 'f16', which are not 4, 8 or 16 bytes}}
  tile.copy_async 6 of %from[%i] to %to[%i] : memref<?xf16>, index, memref<64xf16, 3>, index
  return
}

// -----

func.func @types(%from: memref<?xf16>, %to: memref<64xf32, 3>, %i: index) {
  // expected-error@+1 {{copies elements of 'f16' to elements of 'f32'}}
  tile.copy_async 8 of %from[%i] to %to[%i] : memref<?xf16>, index, memref<64xf32, 3>, index
  return
}
