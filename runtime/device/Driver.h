//===- Driver.h - what a session asks of a device -------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A driver is one session's. There are two kinds. A CPU's works in the host's memory: each step runs
// when it is given. A GPU's has memory of its own and a Recorder: the steps for some shapes are recorded
// once, with the copies of inputs to the device and of outputs from it, and each run submits them again.
// Addresses are those that kernels use, on a GPU the device's: only the driver may follow them there.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_RUNTIME_DEVICE_DRIVER_H
#define TREADLE_RUNTIME_DEVICE_DRIVER_H

#include "runtime/base/Status.h"
#include "runtime/format/Program.h"
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace treadle {

/// What sessions on a device of the library's own refuse.
inline Status noDeviceOfTheApp() {
  return error(TREADLE_UNSUPPORTED,
               "buffers and semaphores of the app can only be used on a device of the app; make the "
               "session by treadle_vulkan_session_create");
}

/// A buffer that the app has made on its own device, in the terms of the device's API.
struct AppBuffer {
  uint64_t handle = 0, bytes = 0, offset = 0; // where the tensor begins in it
  uint32_t usage = 0;
};
/// A semaphore of the app's; 0: none. A value that it gets to, or has.
struct AppSemaphore {
  uint64_t handle = 0, value = 0;
};

/// What a device with memory of its own is told and does again. From begin() to end() the driver's steps
/// are recorded instead of run, in order; an error on the way is end()'s.
class Recorder {
public:
  struct Interval {
    std::chrono::nanoseconds begin, end; // since the first step began
  };

  virtual ~Recorder() = default;

  /// Forgets what was recorded. `timed`: how long each step takes is measured, one after another.
  virtual Status begin(bool timed) = 0;

  /// Places in the host's memory, good until the next begin(). What stands in the first at submit() is at
  /// `to` for the steps recorded from here on; what is at `from` after those recorded so far is in the second
  /// when submit() returns. Null after an error.
  virtual void *upload(void *to, size_t bytes) = 0;
  virtual const void *download(const void *from, size_t bytes) = 0;

  /// Announces the next step's FLOPs and bytes: long programs are submitted in parts, between which they
  /// can be cancelled.
  virtual void announce(int64_t flops, int64_t bytes) = 0;
  /// The steps from here on see what those before have written, and write when those have read.
  virtual void barrier() = 0;

  virtual Status end() = 0;

  /// Runs what was recorded and waits for it. When `cancelled` becomes true it ends at the next part.
  virtual Status submit(const std::atomic<bool> &cancelled) = 0;
  /// Has it run when `wait` is reached, and reaches `done` then; does not wait. Refused on a device that is no app's.
  virtual Status start(const AppSemaphore &wait, const AppSemaphore &done) { return noDeviceOfTheApp(); }
  /// Waits for what was started. Before, nothing else may be asked of the driver.
  virtual Status finish() { return {}; }
  /// Of each step of the last submit(), if it was recorded so.
  virtual const std::vector<Interval> &times() const = 0;
};

class Driver {
public:
  virtual ~Driver() = default;

  // ---- code

  /// How well the code suits this device, by target, variant and features: 0: it cannot be run, more: better. If
  /// it is for this kind of device and cannot be run, `lacking` says what the device would need.
  virtual int suits(const format::Executable &executable, std::string &lacking) const = 0;
  /// Loads the code; afterwards kernel i is `entries`[i]. The driver keeps the program as long as it needs it.
  virtual Status load(const std::shared_ptr<const Program> &program, const format::Executable &executable) = 0;
  /// How the loaded code runs a kernel.
  const format::Entry &entry(uint32_t kernel) const { return *loaded->entries()->Get(kernel); }

  // ---- memory

  /// The largest buffer that kernels can reach all of.
  virtual uint64_t largestBuffer() const { return UINT64_MAX; }
  /// Bytes that reserve() will take for these; UINT64_MAX: more than there can be.
  virtual uint64_t bytesFor(size_t arenaBytes, size_t scratchBytes) const = 0;
  /// Memory for all that steps leave to one another, and for each kernel that may run at once private memory.
  /// What was there before is lost, and after an error all of it.
  virtual Status reserve(size_t arenaBytes, size_t scratchBytes) = 0;
  /// Where the arena is, a multiple of 64; where the program's weights are.
  virtual void *arena() const = 0;
  virtual void *constant(uint32_t index) const = 0;
  /// Takes a buffer of the app's: the address in it where a tensor begins, `name` in messages. Refused on a device that
  /// is no app's.
  virtual Status adopt(const AppBuffer &buffer, const std::string &name, void *&address) { return noDeviceOfTheApp(); }
  /// Forgets what adopt() has given that address for.
  virtual void release(void *address) {}
  /// Bytes of arena and private memory.
  virtual size_t memoryBytes() const = 0;

  // ---- steps

  /// `tasks` tasks of kernel `kernel`.
  virtual void launch(uint32_t kernel, void *const *slices, const int64_t *scalars, int64_t tasks) = 0;
  virtual void copy(void *to, const void *from, size_t bytes) = 0;
  virtual void fill(void *to, size_t bytes, uint32_t pattern, unsigned width) = 0;

  /// Null: kernels work in the host's memory, and steps run at once.
  virtual Recorder *recorder() { return nullptr; }

protected:
  const format::Executable *loaded = nullptr; // set by load()
};

// ---- what all kernels of GPUs do ---------------------------------------------------------------

/// They compute positions in 32 bits: no slice may reach further than this into its buffer's tensor.
inline constexpr int64_t simtLargestBuffer = INT64_C(0x7fffffff);

/// They read the first element of an empty slice, and do not use it: so many bytes behind the last slice of a piece
/// of memory are to be there.
inline constexpr size_t simtReadBeyond = 8;
/// Where slices begin, a multiple of it.
inline constexpr size_t simtAlignment = 16;

/// What helps where weights do not fit a device.
inline constexpr std::string_view fewerWeights =
    "run the model on a device with more, compile a scene with --tables i8, or take a model of fewer weights: of a "
    "scene a smaller log2_hashmap_size";

// ---- the targets that are built in -------------------------------------------------------------

struct DriverOptions {
  int32_t threads = 0;
  const treadle_pool *pool = nullptr;
  const treadle_allocator *allocator = nullptr;
  uint32_t device = 0;               // which of the target's devices
  std::string cacheFolder;           // where what was made of kernels may be kept; "": nowhere
  Program::Shared *shared = nullptr; // what other sessions of the artifact have, if it is one's session
};
struct DeviceInfo {
  std::string name, description, target;
  uint64_t memory = 0;
};

/// What each folder of targets/ defines, in the namespace of its name (targets/*/run).
struct TargetFunctions {
  const char *name;
  /// The devices of this machine, as `name`:0, `name`:1, ..; a target that has at most one calls it `name`.
  std::vector<DeviceInfo> (*devices)();
  /// Fails with what to do if there is no such device.
  Status (*createDriver)(const DriverOptions &options, std::unique_ptr<Driver> &driver);
};

} // namespace treadle

#endif // TREADLE_RUNTIME_DEVICE_DRIVER_H
