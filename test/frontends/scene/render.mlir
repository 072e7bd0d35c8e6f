// RUN: treadle compile %S/../../../examples/neural-graphics/nerf-low.ingp --render --stop-after import -o %t.nerf && FileCheck %s --check-prefix=NERF --input-file %t.nerf
// RUN: treadle compile %S/../../../examples/neural-graphics/nerf-low.ingp --render --set gathers=1 --stop-after import -o %t.room && FileCheck %s --check-prefix=ROOM --input-file %t.room
// RUN: treadle compile %S/../../../examples/neural-graphics/nsdf-low.msgpack --render --set max_steps=20 --stop-after import -o %t.sdf && FileCheck %s --check-prefix=SDF --input-file %t.sdf
// RUN: treadle compile %S/../../../examples/neural-graphics/nvr-low.ingp --render --set seed=3 --stop-after import -o %t.nvr && FileCheck %s --check-prefix=NVR --input-file %t.nvr
// RUN: treadle compile %S/../../../examples/neural-graphics/gia-low.msgpack --render --stop-after import -o %t.gia && FileCheck %s --check-prefix=GIA --input-file %t.gia
// The program that draws: one op along the rays with the field as its region, and what makes pixels of its light.

// NERF: #graph.symbol<"height", {{.*}}#graph.symbol<"width",
// NERF-NOT: #graph.symbol
// NERF-SAME: treadle.metadata = {render = "{{.*}}nerf
// NERF: %[[ORIGIN:.*]], %[[DIRECTION:.*]] = ng.camera_rays
// NERF: ng.march %[[ORIGIN]], %[[DIRECTION]] occupancy(
// NERF: ng.grid_encoding
// NERF: ng.mlp
// NERF: ng.spherical_harmonics
// NERF: ng.mlp
// NERF: ng.yield
// NERF: box = array<f32: 0.000000e+00, 0.000000e+00, 0.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00>
// NERF-NOT: capacity
// NERF-SAME: maxSteps = 1024
// NERF: graph.pow
// NERF: -> tensor<?x?x4xui8, #graph.dims<height, width, 4>>

// ROOM: #graph.symbol<"room",
// ROOM: capacity = #graph.dim<room>

// The field is asked along the rays, and around where they end.
// SDF: ng.sphere_trace
// SDF: ng.grid_encoding
// SDF: maxSteps = 20
// SDF: ng.gradient
// SDF: ng.grid_encoding

// NVR: ng.delta_track {{.*}} occupancy({{.*}}) number({{.*}})
// NVR: seed = 3

// GIA-NOT: ng.camera_rays
// GIA: ng.grid_encoding
