//===- StreamDevice.h - what CUDA and HIP offer, under one name ------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device with memory of its own, streams of work, and graphs that are captured from a stream and launched whole.
// Handles are the vendor's, as void *; null is none. An error names what it was for (`what`: "running kernels") and
// what to do about it.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_STREAM_STREAMDEVICE_H
#define TREADLE_RUNTIME_STREAM_STREAMDEVICE_H

#include "runtime/base/Status.h"
#include <cstddef>
#include <cstdint>

namespace treadle {

/// A tensor in the device's memory, of which kernels copy boxes.
struct BoxTensor {
  static constexpr unsigned mostDims = 5;
  const void *place = nullptr;
  unsigned elementBytes = 1, rank = 1;
  // Innermost first; strides in bytes, the innermost's not given.
  uint64_t sizes[mostDims] = {}, strides[mostDims] = {};
  uint32_t shape[mostDims] = {}; // of a box
};

/// The same as a kernel is told it.
struct alignas(64) BoxArgument {
  unsigned char bytes[128];
};

/// How many workgroups of a kernel a device runs at the same time.
struct Occupancy {
  int multiprocessors = 0, workgroupsOfEach = 0; // 0: it is not known
};

class StreamDevice {
public:
  enum class Space { device, host }; // host: pages that stay where they are, which the device copies from and to
  enum class Direction { toDevice, onDevice, toHost };

  virtual ~StreamDevice() = default;

  /// Makes the device the calling thread's; leave() gives the thread back what it had. All else is called in between.
  virtual Status enter() = 0;
  virtual void leave() = 0;

  /// Whether a call has said that the device is gone or that a kernel went wrong: nothing works any more then.
  virtual bool isLost() const = 0;

  virtual Status allocate(Space space, uint64_t bytes, std::string_view what, void *&place) = 0;
  virtual void release(Space space, void *place) = 0;

  /// `image` is of the target's own format and says where it ends.
  virtual Status loadCode(const void *image, std::string_view what, void *&module) = 0;
  /// The same of code that is made for one kind of device; false where the driver does not take it.
  virtual bool loadNativeCode(const void *image, void *&module) { return false; }
  virtual void unloadCode(void *module) = 0;
  /// One that will be launched with so many bytes of shared memory.
  virtual Status findKernel(void *module, const char *symbol, uint32_t sharedBytes, void *&kernel) = 0;
  virtual Status describeBoxes(const BoxTensor &, BoxArgument &) const {
    return error(TREADLE_DAMAGED, "damaged: devices of this kind copy no boxes");
  }

  virtual Status createStream(void *&stream) = 0;
  virtual void destroyStream(void *stream) = 0;
  /// Until all of it is done.
  virtual Status wait(void *stream) = 0;

  // ---- work, in order

  /// How many workgroups of so many threads one launch can have.
  virtual uint32_t mostWorkgroups(uint32_t threads) const { return INT32_MAX; }
  virtual Occupancy occupancy(void *kernel, uint32_t threads, uint32_t sharedBytes) const = 0;
  /// `arguments`: the place of each.
  virtual Status launch(void *stream, void *kernel, uint32_t workgroups, uint32_t threads, uint32_t sharedBytes,
                        void **arguments) = 0;
  virtual Status copy(void *stream, void *to, const void *from, size_t bytes, Direction direction) = 0;
  /// `count` times the low `width` (1, 2, 4) bytes of `pattern`; `to` is a multiple of width.
  virtual Status fill(void *stream, void *to, uint32_t pattern, unsigned width, size_t count) = 0;

  virtual Status createEvent(bool timed, void *&event) = 0;
  virtual void destroyEvent(void *event) = 0;
  virtual Status record(void *stream, void *event) = 0;
  virtual Status waitFor(void *event) = 0;
  virtual Status elapsed(void *from, void *to, float &milliseconds) = 0;

  // ---- graphs

  /// From here to endCapture() the stream's work is written down, not done.
  virtual Status beginCapture(void *stream) = 0;
  virtual Status endCapture(void *stream, void *&graph) = 0;
  virtual void destroyGraph(void *graph) = 0;
  virtual Status launchGraph(void *stream, void *graph) = 0;
};

/// Makes the device the calling thread's while it lives.
class Entered {
public:
  explicit Entered(StreamDevice &device) : device(device), entered(device.enter()) {}
  ~Entered() {
    if (!entered.failed())
      device.leave();
  }
  Entered(const Entered &) = delete;
  Entered &operator=(const Entered &) = delete;
  const Status &status() const { return entered; }

private:
  StreamDevice &device;
  Status entered;
};

} // namespace treadle

#endif // TREADLE_RUNTIME_STREAM_STREAMDEVICE_H
