//===- TensorMap.h - a tensor of which boxes are copied -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands in the 128 bytes of a CUtensorMap here; what stands there on a device is NVIDIA's own affair.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_PTX_TENSORMAP_H
#define TREADLE_TOOLS_SIMULATOR_PTX_TENSORMAP_H

#include <cstdint>

namespace treadle::simulator::ptx {

struct TensorMap {
  static constexpr uint32_t known = 0x50414d54;
  uint32_t mark = known;
  uint8_t rank = 1, elementBytes = 1;
  uint16_t box[5] = {}; // innermost first, like all
  uint64_t address = 0;
  uint64_t strides[4] = {}; // bytes, from the second dimension on
  uint32_t sizes[5] = {};
};
static_assert(sizeof(TensorMap) <= 128);

} // namespace treadle::simulator::ptx

#endif // TREADLE_TOOLS_SIMULATOR_PTX_TENSORMAP_H
