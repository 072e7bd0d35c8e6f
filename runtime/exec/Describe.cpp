//===- Describe.cpp - what an artifact says, as JSON ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Describe.h"
#include "runtime/base/DType.h"
#include "runtime/exec/Json.h"

namespace treadle {
namespace {

constexpr size_t longest = 120;

template <typename T> uint32_t count(const flatbuffers::Vector<T> *list) { return list ? list->size() : 0; }

std::string text(const Program &program, uint32_t index, bool nested, size_t budget) {
  using Op = format::ExprOp;
  if (budget == 0)
    return "...";
  const format::ExprNode &node = *program.tables().exprs()->Get(index);
  auto part = [&](uint32_t operand) { return text(program, operand, true, budget - 1); };
  auto infix = [&](const char *sign) {
    std::string result = part(node.lhs()) + sign + part(node.rhs());
    return nested ? "(" + result + ")" : result;
  };
  std::string result;
  switch (node.op()) {
  case Op::constant:
    return std::to_string(node.value());
  case Op::symbol:
    return program.tables().symbols()->Get(node.value())->name()->str();
  case Op::argument:
    return "argument " + std::to_string(node.value());
  case Op::add:
    result = infix(" + ");
    break;
  case Op::mul:
    result = infix(" * ");
    break;
  case Op::floordiv:
    result = infix(" / ");
    break;
  case Op::mod:
    result = infix(" % ");
    break;
  case Op::min:
    result = "min(" + part(node.lhs()) + ", " + part(node.rhs()) + ")";
    break;
  case Op::max:
    result = "max(" + part(node.lhs()) + ", " + part(node.rhs()) + ")";
    break;
  }
  return result.size() > longest ? "..." : result;
}

void dims(Json &json, const Program &program, const flatbuffers::Vector<uint32_t> *list) {
  json.key("dims").open('[');
  for (uint32_t i = 0; i < count(list); ++i) {
    const format::ExprNode &node = *program.tables().exprs()->Get(list->Get(i));
    if (node.op() == format::ExprOp::constant)
      json.number(node.value());
    else
      json.string(describeExpr(program, list->Get(i)));
  }
  json.close(']');
}

void tensors(Json &json, const Program &program, const char *what,
             const flatbuffers::Vector<flatbuffers::Offset<format::Tensor>> *list) {
  json.key(what).open('[');
  for (uint32_t i = 0; i < count(list); ++i) {
    const format::Tensor &tensor = *list->Get(i);
    json.open('{').key("name").string(tensor.name()->str());
    json.key("dtype").string(spelling(static_cast<DType>(tensor.dtype())));
    dims(json, program, tensor.dims());
    json.close('}');
  }
  json.close(']');
}

void executables(Json &json, const Program &program) {
  const format::Program &tables = program.tables();
  for (uint32_t i = 0; i < count(tables.executables()); ++i) {
    const format::Executable &executable = *tables.executables()->Get(i);
    json.open('{').key("target").string(executable.target()->str()).key("variant").string(executable.variant()->str());
    json.key("kernels").number(count(executable.entries())).key("bytes").number(executable.bytes()).close('}');
  }
}

} // namespace

std::string describeExpr(const Program &program, uint32_t index) { return text(program, index, false, 24); }

std::string describe(const Program &program) {
  const format::Program &tables = program.tables();
  Json json;
  json.open('{');
  tensors(json, program, "inputs", tables.inputs());
  tensors(json, program, "outputs", tables.outputs());

  json.key("symbols").open('[');
  for (uint32_t i = 0; i < count(tables.symbols()); ++i) {
    const format::Symbol &symbol = *tables.symbols()->Get(i);
    json.open('{').key("name").string(symbol.name()->str());
    json.key("min").number(symbol.min()).key("max").number(symbol.max()).key("step").number(symbol.step()).close('}');
  }
  json.close(']');

  json.key("steps").open('[');
  for (uint32_t i = 0; i < count(tables.steps()); ++i) {
    const format::Step &step = *tables.steps()->Get(i);
    json.open('{');
    if (const auto *dispatch = step.command_as_Dispatch()) {
      json.key("kernel").string(tables.kernels()->Get(dispatch->kernel())->name()->str());
      json.key("source").open('[');
      for (uint32_t s = 0; s < count(dispatch->source()); ++s)
        json.string(dispatch->source()->Get(s)->str());
      json.close(']');
      json.key("results").open('[');
      for (uint32_t r = 0; r < count(dispatch->results()); ++r) {
        const format::Result &result = *dispatch->results()->Get(r);
        json.open('{').key("name").string(result.name()->str());
        json.key("dtype").string(spelling(static_cast<DType>(result.dtype())));
        dims(json, program, result.dims());
        json.close('}');
      }
      json.close(']');
      json.key("flops").string(describeExpr(program, dispatch->flops()));
      json.key("traffic").string(describeExpr(program, dispatch->traffic()));
    } else {
      json.key("command").string(step.command_as_Copy() ? "copy" : "fill");
    }
    json.close('}');
  }
  json.close(']');

  static constexpr const char *spaces[] = {"input", "output", "constant", "arena"};
  json.key("buffers").open('[');
  for (uint32_t i = 0; i < count(tables.buffers()); ++i) {
    const format::Buffer &buffer = *tables.buffers()->Get(i);
    json.open('{').key("space").string(spaces[static_cast<uint8_t>(buffer.space())]);
    json.key("bytes").string(describeExpr(program, buffer.bytes()));
    if (buffer.space() == format::Space::arena)
      json.key("first_step").number(buffer.first()).key("last_step").number(buffer.last());
    json.close('}');
  }
  json.close(']');

  uint64_t weights = 0;
  for (uint32_t i = 0; i < count(tables.constants()); ++i)
    weights += tables.constants()->Get(i)->bytes();
  json.key("weights").number(count(tables.constants())).key("weight_bytes").number(weights);
  json.key("kernels").open('[');
  for (uint32_t i = 0; i < count(tables.kernels()); ++i) {
    const format::Kernel &kernel = *tables.kernels()->Get(i);
    json.open('{').key("name").string(kernel.name()->str()).key("family").string(kernel.family()->str()).close('}');
  }
  json.close(']');
  json.key("executables").open('[');
  executables(json, program);
  for (const std::shared_ptr<const Program> &alternative : program.alternatives())
    executables(json, *alternative);
  json.close(']');
  if (const format::Provenance *from = tables.provenance()) {
    auto field = [&](const char *name, const flatbuffers::String *value) {
      json.key(name).string(value ? value->str() : "");
    };
    json.key("provenance").open('{');
    field("compiler", from->compiler());
    field("model", from->model());
    field("model_sha256", from->model_hash());
    field("options", from->options());
    json.close('}');
  }
  json.key("metadata").open('{');
  for (uint32_t i = 0; i < count(tables.metadata()); ++i) {
    const format::KeyValue &entry = *tables.metadata()->Get(i);
    json.key(entry.key()->str()).string(entry.value() ? entry.value()->str() : "");
  }
  json.close('}').close('}');
  return json.take();
}

} // namespace treadle
