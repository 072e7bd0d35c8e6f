//===- Stream.cpp - HIP's streams, events and graphs ---===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/hip/State.h"

using namespace treadle::simulator::hip;

hipError_t treadle::simulator::hip::give(State &all, hipStream_t stream, Work work) {
  Stream *found = all.streams.find(stream);
  if (stream && !found)
    return hipErrorInvalidHandle;
  if (!found || !found->captured)
    return work();
  found->captured->work.push_back(std::move(work));
  return hipSuccess;
}

namespace treadle::hip {

// ---- streams ---------------------------------------------------------------------------------

hipError_t hipStreamCreateWithFlags(hipStream_t *stream, unsigned flags) {
  return locked([&](State &all) {
    if (!stream || flags & ~hipStreamNonBlocking)
      return hipErrorInvalidValue;
    *stream = all.streams.add<hipStream_t>(std::make_unique<Stream>());
    return hipSuccess;
  });
}
hipError_t hipStreamDestroy(hipStream_t stream) {
  return locked([&](State &all) { return all.streams.remove(stream) ? hipSuccess : hipErrorInvalidHandle; });
}
/// What was given is done already.
hipError_t hipStreamSynchronize(hipStream_t stream) {
  return locked([&](State &all) {
    Stream *found = all.streams.find(stream);
    if (stream && !found)
      return hipErrorInvalidHandle;
    return found && found->captured ? hipErrorIllegalState : hipSuccess;
  });
}
hipError_t hipStreamBeginCapture(hipStream_t stream, int) {
  return locked([&](State &all) {
    Stream *found = all.streams.find(stream);
    if (!found)
      return hipErrorInvalidHandle;
    if (found->captured)
      return hipErrorIllegalState;
    found->captured = std::make_unique<Graph>();
    return hipSuccess;
  });
}
hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t *graph) {
  return locked([&](State &all) {
    Stream *found = all.streams.find(stream);
    if (!found)
      return hipErrorInvalidHandle;
    if (!graph)
      return hipErrorInvalidValue;
    if (!found->captured)
      return hipErrorIllegalState;
    *graph = all.graphs.add<hipGraph_t>(std::move(found->captured));
    return hipSuccess;
  });
}

// ---- events ----------------------------------------------------------------------------------

hipError_t hipEventCreateWithFlags(hipEvent_t *event, unsigned flags) {
  return locked([&](State &all) {
    if (!event)
      return hipErrorInvalidValue;
    *event = all.events.add<hipEvent_t>(std::make_unique<Event>(Event{!(flags & hipEventDisableTiming), {}}));
    return hipSuccess;
  });
}
hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  return locked([&](State &all) {
    if (!all.events.find(event))
      return hipErrorInvalidHandle;
    return give(all, stream, [&all, event] {
      Event *found = all.events.find(event);
      if (!found)
        return hipErrorInvalidHandle;
      found->recorded = std::chrono::steady_clock::now();
      return hipSuccess;
    });
  });
}
hipError_t hipEventSynchronize(hipEvent_t event) {
  return locked([&](State &all) { return all.events.find(event) ? hipSuccess : hipErrorInvalidHandle; });
}
hipError_t hipEventElapsedTime(float *milliseconds, hipEvent_t start, hipEvent_t stop) {
  return locked([&](State &all) {
    if (!milliseconds)
      return hipErrorInvalidValue;
    Event *first = all.events.find(start), *last = all.events.find(stop);
    if (!first || !last || !first->timed || !last->timed || !first->recorded || !last->recorded)
      return hipErrorInvalidHandle;
    *milliseconds = std::chrono::duration<float, std::milli>(*last->recorded - *first->recorded).count();
    return hipSuccess;
  });
}
hipError_t hipEventDestroy(hipEvent_t event) {
  return locked([&](State &all) { return all.events.remove(event) ? hipSuccess : hipErrorInvalidHandle; });
}

// ---- graphs ----------------------------------------------------------------------------------

hipError_t hipGraphInstantiate(hipGraphExec_t *executable, hipGraph_t handle, hipGraphNode_t *, char *, size_t) {
  return locked([&](State &all) {
    Graph *graph = all.graphs.find(handle);
    if (!executable || !graph)
      return hipErrorInvalidValue;
    *executable = all.executables.add<hipGraphExec_t>(std::make_unique<Executable>(Executable{graph->work}));
    return hipSuccess;
  });
}
hipError_t hipGraphDestroy(hipGraph_t graph) {
  return locked([&](State &all) { return all.graphs.remove(graph) ? hipSuccess : hipErrorInvalidValue; });
}
hipError_t hipGraphExecDestroy(hipGraphExec_t executable) {
  return locked([&](State &all) { return all.executables.remove(executable) ? hipSuccess : hipErrorInvalidValue; });
}
hipError_t hipGraphLaunch(hipGraphExec_t handle, hipStream_t stream) {
  return locked([&](State &all) {
    Executable *executable = all.executables.find(handle);
    if (!executable)
      return hipErrorInvalidValue;
    return give(all, stream, [&all, handle] {
      Executable *executable = all.executables.find(handle);
      hipError_t error = executable ? hipSuccess : hipErrorInvalidValue;
      for (size_t i = 0; !error && i < executable->work.size(); ++i)
        error = executable->work[i]();
      return error;
    });
  });
}

} // namespace treadle::hip
