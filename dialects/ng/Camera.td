//===- Camera.td - rays through pixels ------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_CAMERA_TD
#define TREADLE_DIALECTS_NG_CAMERA_TD

include "dialects/ng/Op.td"
include "dialects/graph/Attributes.td"

def Ng_CameraRaysOp : Op<Ng_Dialect, "camera_rays",
    [Pure, Ng_InferType, DeclareOpInterfaceMethods<GraphOpInterface, ["countFlops"]>]> {
  let summary = "Rays of a pinhole camera through the centres of pixels";
  let description = [{
    `size` is the picture's height and width. `pose` [3, 4] has the camera's right, down and forward directions and its
    position as columns; `intrinsics` [4] the focal lengths and the principal point in pixels: fx, fy, cx, cy. Ray
    y * width + x starts at the position and has the direction, of length 1, of

        pose[:, :3] * ((x + 1/2 - cx) / fx, (y + 1/2 - cy) / fy, 1)

    ```mlir
    %origin, %direction = ng.camera_rays %pose, %intrinsics size <h, w>
        : (tensor<3x4xf32>, tensor<4xf32>) -> (tensor<?x3xf32, #graph.dims<h * w, 3>>, tensor<?x3xf32, #graph.dims<h * w, 3>>)
    ```
  }];
  let arguments = (ins TensorRankOf<[F32], [2]>:$pose, TensorRankOf<[F32], [1]>:$intrinsics, Graph_DimsAttr:$size);
  let results = (outs Ng_Coordinates:$origin, Ng_Coordinates:$direction);
  let assemblyFormat = "$pose `,` $intrinsics `size` $size attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_NG_CAMERA_TD
