//===- Compiled.cpp - a graph through every stage to a session ----------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/Compiled.h"
#include "dialects/program/Program.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "passes/Pipeline.h"
#include "test/conformance/Guarded.h"
#include "test/conformance/VulkanChecks.h"
#include "tools/compile/Artifact.h"
#include "tools/compile/Register.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;

namespace treadle::test {
namespace {

std::string &errors() {
  static std::string text;
  return text;
}

LogicalResult run(ModuleOp module, llvm::ArrayRef<Stage> wanted) {
  for (const Stage &stage : wanted)
    if (failed(runStage(stage, module, nullptr)))
      return failure();
  return success();
}

/// The stages from one to another, both included.
std::vector<Stage> between(StringRef first, StringRef last) {
  std::vector<Stage> result;
  bool inside = false;
  for (const Stage &stage : stages()) {
    inside |= stage.name == first;
    if (inside)
      result.push_back(stage);
    inside &= stage.name != last;
  }
  return result;
}

std::string toText(treadle_error *error) {
  std::string text = treadle_error_message(error);
  treadle_error_free(error);
  return text;
}

} // namespace

MLIRContext &context() {
  static MLIRContext *context = [] {
    registerAllPasses();
    auto *made = new MLIRContext(allDialects(), MLIRContext::Threading::DISABLED);
    made->loadDialect<graph::GraphDialect, program::ProgramDialect, func::FuncDialect>();
    made->getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        errors() += diagnostic.str() + "\n";
      return success();
    });
    return made;
  }();
  return *context;
}

std::string takeErrors() { return std::exchange(errors(), {}); }

LogicalResult runUpToGroups(ModuleOp module, const TestTarget &target, bool fuse) {
  module->setAttr(Target::attrName, target.best().toAttr(&context()));
  std::vector<Stage> stages = between("expand", "group");
  if (!fuse)
    llvm::for_each(stages, [](Stage &stage) { stage = unfused(stage); });
  return run(module, stages);
}

LogicalResult Compiled::write(ModuleOp grouped, const Target &variant, const std::string &path) {
  OwningOpRef<ModuleOp> module(grouped.clone());
  Builder builder(&context());
  module.get()->setAttr("treadle.targets", builder.getArrayAttr({variant.toAttr(&context())}));
  if (failed(test::run(*module, between("plan", "codegen"))))
    return failure();
  if (variant.name == "vulkan")
    if (std::string invalid = invalidKernels(*module); !invalid.empty())
      return grouped.emitError(invalid);
  OutputFile file(path);
  return failure(failed(writeArtifact(*module, {}, file)) || file.finish().failed());
}

FailureOr<std::unique_ptr<Compiled>> Compiled::compile(ModuleOp grouped, const Target &variant, StringRef device) {
  llvm::SmallString<128> path;
  if (llvm::sys::fs::createTemporaryFile("conformance", "tdl", path))
    return grouped.emitError("cannot make a temporary file");
  LogicalResult written = write(grouped, variant, path.str().str());
  std::unique_ptr<Compiled> compiled(new Compiled);
  treadle_error *error = nullptr;
  if (succeeded(written))
    error = treadle_program_open_file(path.c_str(), nullptr, &compiled->program);
  llvm::sys::fs::remove(path);
  if (failed(written))
    return failure();
  if (error)
    return grouped.emitError(toText(error));

  compiled->device = device;
  treadle_session_options options = {};
  options.device = compiled->device.c_str();
  error = treadle_session_create(compiled->program, &options, &compiled->first);
  treadle_code code = treadle_error_code(error);
  bool hasNone = code == TREADLE_UNSUPPORTED && StringRef(treadle_error_message(error)).contains(", not for ");
  if (hasNone || code == TREADLE_NOT_FOUND)
    compiled->whyNot = toText(error);
  else if (error)
    return grouped.emitError(toText(error));
  return compiled;
}

Compiled::~Compiled() {
  treadle_session_close(first);
  treadle_program_close(program);
}

std::string Compiled::run(ArrayRef<graph::Tensor> inputs, const treadle_pool *pool, bool atEnd,
                          llvm::function_ref<void(unsigned, const treadle_tensor &)> visit) {
  treadle_session_options options = {};
  options.device = device.c_str();
  options.threads = 2;
  options.pool = pool;
  options.allocator = &guardedAllocator();
  treadle_session *session = nullptr;
  if (treadle_error *error = treadle_session_create(program, &options, &session))
    return toText(error);
  std::unique_ptr<treadle_session, void (*)(treadle_session *)> close(session, treadle_session_close);

  Edge edge = atEnd ? Edge::end : Edge::begin;
  std::vector<Guarded> memory;
  std::vector<treadle_tensor> ins, outs;
  for (const graph::Tensor &input : inputs) {
    memory.emplace_back(input.bytes(), edge);
    std::copy(input.raw().begin(), input.raw().end(), memory.back().data());
    ins.push_back({memory.back().data(), static_cast<treadle_dtype>(input.dtype()), static_cast<int32_t>(input.rank()),
                   input.shape().data(), 0});
  }
  if (treadle_error *error = treadle_session_prepare(session, ins.data(), ins.size()))
    return toText(error);
  for (int32_t i = 0; i < treadle_program_output_count(program); ++i) {
    treadle_tensor shape = {};
    if (treadle_error *error = treadle_session_output_shape(session, i, &shape))
      return toText(error);
    int64_t count = 1;
    for (int32_t d = 0; d < shape.rank; ++d)
      count *= shape.dims[d];
    memory.emplace_back(treadle_dtype_bytes(shape.dtype, count), edge);
    outs.push_back({memory.back().data(), shape.dtype, 0, nullptr, memory.back().size()});
  }
  if (treadle_error *error = treadle_session_run(session, ins.data(), ins.size(), outs.data(), outs.size()))
    return toText(error);
  for (auto [input, given] : llvm::zip(inputs, ins))
    if (!std::equal(input.raw().begin(), input.raw().end(), static_cast<const char *>(given.data)))
      return "an input was written to";
  for (auto [i, out] : llvm::enumerate(outs))
    visit(i, out);
  return "";
}

const treadle_pool &backwardsPool() {
  static const treadle_pool pool = {nullptr, 3,
                                    [](void *, int64_t count, void (*task)(void *, int64_t, int32_t), void *context) {
                                      for (int64_t i = count - 1; i >= 0; --i)
                                        task(context, i, i % 3);
                                    }};
  return pool;
}

} // namespace treadle::test
