//===- Trace.cpp - when each step ran, as a Chrome trace ------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Json.h"
#include "runtime/exec/Session.h"

namespace treadle {

const char *Session::trace() {
  using Micro = std::chrono::duration<double, std::micro>;
  const format::Program &tables = program->tables();
  Json json;
  json.open('{').key("traceEvents").open('[');
  for (const Event &event : events) {
    const format::Step &step = *tables.steps()->Get(event.step);
    const auto *dispatch = step.command_as_Dispatch();
    std::string name = dispatch ? "" : step.command_as_Copy() ? "copy" : "fill";
    if (dispatch && dispatch->source())
      for (const flatbuffers::String *source : *dispatch->source())
        name += (name.empty() ? "" : ", ") + source->str();
    if (dispatch && name.empty())
      name = tables.kernels()->Get(dispatch->kernel())->name()->str();
    json.open('{').key("name").string(name).key("ph").string("X").key("pid").number(0).key("tid").number(0);
    json.key("ts").decimal(Micro(event.begin - events.front().begin).count());
    json.key("dur").decimal(Micro(event.end - event.begin).count());
    json.key("args").open('{').key("step").number(event.step);
    if (dispatch) {
      json.key("kernel").string(tables.kernels()->Get(dispatch->kernel())->name()->str());
      json.key("flops").number(exprs[dispatch->flops()]).key("bytes").number(exprs[dispatch->traffic()]);
    }
    json.close('}').close('}');
  }
  json.close(']').close('}');
  events.clear();
  traceText = json.take();
  return traceText.c_str();
}

} // namespace treadle
