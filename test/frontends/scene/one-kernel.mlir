// RUN: treadle compile %S/../../../examples/neural-graphics/gia-hash.msgpack --render --stop-after group -o %t.gia && FileCheck %s --input-file %t.gia
// RUN: treadle compile %S/../../../examples/neural-graphics/nsdf-dense.msgpack --render --stop-after group -o %t.sdf && FileCheck %s --input-file %t.sdf
// RUN: treadle compile %S/../../../examples/neural-graphics/nvr-low.ingp --render --stop-after group -o %t.nvr && FileCheck %s --input-file %t.nvr
// RUN: treadle compile %S/../../../examples/neural-graphics/nerf-hash.ingp --render --stop-after group -o %t.nerf && FileCheck %s --input-file %t.nerf
// A frame of each kind of scene is one kernel, from the camera to bytes.

// CHECK-NOT: graph.group
// CHECK: graph.group "field"(
// CHECK-NOT: graph.group
