//===- Compile.cpp - the compiler's one door ------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/compile/Compile.h"
#include "codegen/Backend.h"
#include "dialects/program/Program.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "passes/Pipeline.h"
#include "runtime/format/Header.h"
#include "tools/compile/Artifact.h"
#include "tools/compile/Model.h"
#include "tools/compile/Register.h"
#include "tools/compile/Watch.h"
#include "tools/file/OutputFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/ThreadPool.h"
#include <cstring>
#include <dlfcn.h>
#include <fstream>

using namespace mlir;

namespace treadle {
namespace {

/// A message with types as people write them: f32 [n, 3, 8] for 'tensor<?x3x8xf32, #graph.dims<n, 3, 8>>'.
std::string spellTypes(StringRef text) {
  constexpr StringLiteral start = "'tensor<", dims = "#graph.dims<";
  std::string result;
  for (size_t at; (at = text.find(start)) != StringRef::npos;) {
    size_t end = text.find('\'', at + 1);
    if (end == StringRef::npos)
      break;
    result += text.take_front(at);
    StringRef body = text.slice(at + start.size(), end).drop_back(), shape = body.split(',').first;
    text = text.drop_front(end + 1);
    StringRef element = shape.substr(shape.find_last_of('x') + 1);
    result += (element + " [").str();
    if (size_t list = body.find(dims); list != StringRef::npos) {
      result += body.substr(list + dims.size()).take_until([](char c) { return c == '>'; });
    } else {
      SmallVector<StringRef> sizes;
      shape.drop_back(element.size()).split(sizes, 'x', -1, /*KeepEmpty=*/false);
      result += llvm::join(sizes, ", ");
    }
    result += "]";
  }
  return result + text.str();
}

/// A diagnostic as one line: where in the model, and what.
std::string toLine(Diagnostic &diagnostic) {
  std::string text = spellTypes(diagnostic.str()), name = graph::sourceName(diagnostic.getLocation());
  for (char &c : text)
    if (c == '\n')
      c = ' ';
  return name.empty() || StringRef(text).starts_with(name) ? text : name + ": " + text;
}

/// What one program is compiled for: the variants of a target, best first, as the runtime takes the first that
/// it can use.
struct TargetVariants {
  std::string name;
  std::vector<Target> variants;
};

/// "cpu,vulkan,cuda:sm_80,cuda:sm_90": a program for each target, in order. What is wrong with the names, or "".
std::string chooseTargets(const CompileOptions &options, std::vector<TargetVariants> &targets) {
  SmallVector<StringRef> items;
  StringRef(options.target).split(items, ',');
  for (StringRef item : items) {
    auto [name, chip] = item.trim().split(':');
    const Backend *backend = findBackend(name);
    if (!backend) {
      auto names = llvm::map_range(backends(), [](const Backend &known) { return known.name; });
      return "--target " + item.str() + ": this compiler has " + llvm::join(names, ", ");
    }
    bool byOption = name == "cpu" && chip.empty();
    std::string error;
    std::vector<Target> variants = backend->describe(byOption ? StringRef(options.cpu) : chip, error);
    if (variants.empty())
      return (byOption ? "--cpu " + options.cpu : "--target " + item.str()) + ": " + error;
    auto program = llvm::find_if(targets, [&](const TargetVariants &known) { return known.name == name; });
    if (program == targets.end())
      program = targets.insert(targets.end(), TargetVariants{name.str(), {}});
    for (const Target &variant : variants)
      if (llvm::none_of(program->variants, [&](const Target &known) { return known.variant == variant.variant; }))
        program->variants.insert(program->variants.begin(), variant);
  }
  return "";
}

std::string checkStage(const CompileOptions &options) {
  std::string names;
  for (const Stage &stage : stages()) {
    if (stage.name == options.stop_after)
      return "";
    names += (names.empty() ? "" : ", ") + stage.name.str();
  }
  return options.stop_after.empty() ? "" : "--stop-after " + options.stop_after + ": should be one of " + names;
}

/// NVIDIA's assembler: the one that is named, or else the toolkit's: that which the environment names, or if it names
/// none what is where toolkits are. Empty if there is none.
std::string findPtxas(const std::string &wanted) {
  if (wanted == "none")
    return "";
  if (wanted != "auto")
    return llvm::sys::fs::can_execute(wanted) ? wanted : "";
  SmallVector<std::string> homes;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *home = std::getenv(variable); home && *home)
      homes.push_back(std::string(home) + "/bin");
  SmallVector<StringRef> folders(homes.begin(), homes.end());
  if (homes.empty())
    folders.push_back("/usr/local/cuda/bin");
  auto found = llvm::sys::findProgramByName("ptxas", folders);
  if (!found && homes.empty())
    found = llvm::sys::findProgramByName("ptxas"); // of PATH
  return found ? *found : "";
}

/// A program that was named must be there.
std::string checkPtxas(const CompileOptions &options) {
  bool isNamed = options.ptxas != "auto" && options.ptxas != "none";
  return isNamed && findPtxas(options.ptxas).empty() ? "--ptxas " + options.ptxas + ": there is no such program" : "";
}

std::string readOptions(const CompileOptions &options, ImportOptions &import, std::vector<TargetVariants> &targets) {
  registerAllPasses();
  for (const std::string &problem :
       {readImportOptions(options, import), chooseTargets(options, targets), checkStage(options), checkPtxas(options)})
    if (!problem.empty())
      return problem;
  return "";
}

class Compilation {
public:
  Compilation(const std::string &input, const CompileOptions &options, const CompileHooks &hooks)
      : input(input), options(options), hooks(hooks), context(allDialects(), MLIRContext::Threading::DISABLED) {
    registerAllPasses();
    context.loadDialect<graph::GraphDialect, program::ProgramDialect, func::FuncDialect>();
    if (options.threads != 1) {
      llvm::ThreadPoolStrategy strategy = llvm::hardware_concurrency(options.threads);
      pool = std::make_unique<llvm::DefaultThreadPool>(strategy);
      context.setThreadPool(*pool);
    }
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Remark && this->options.explain && this->hooks.explain)
        this->hooks.explain("  " + diagnostic.str());
      if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
        return success();
      std::string line = toLine(diagnostic);
      if (!StringRef(result.error).contains(line))
        result.error += (result.error.empty() ? "" : "\n") + line;
      return success();
    });
  }

  /// `elsewhere` is asked for another file where `output` cannot be written, and told why.
  using Elsewhere = std::function<Status(const std::string &why, std::string &output)>;
  CompileResult run(const std::string &output, const Elsewhere &elsewhere = {});
  /// What names the artifact in the cache; empty after an error.
  std::string cacheKey();
  CompileResult result;

private:
  CompileResult fail(const std::string &message) {
    if (result.error.empty())
      result.error = message;
    return result;
  }
  bool runStages(ModuleOp module, bool forTarget, const std::string &suffix, const std::string &output);
  bool writeText(ModuleOp module, const std::string &path);
  bool writeCode(ModuleOp module);

  std::string input;
  const CompileOptions &options;
  const CompileHooks &hooks;
  std::unique_ptr<llvm::ThreadPoolInterface> pool;
  MLIRContext context;
  bool stopped = false; // after the stage that was asked for
};

bool Compilation::writeText(ModuleOp module, const std::string &path) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, OpPrintingFlags().elideLargeElementsAttrs(16).elideLargeResourceString(64).enableDebugInfo(false));
  os << "\n";
  Status status = writeFile(path, text);
  result.error = status.message;
  return !status.failed();
}

/// The machine code of each executable into the folder of --dump-ir: a file, or where kernels have code of their
/// own a file each.
bool Compilation::writeCode(ModuleOp module) {
  for (auto executable : module.getOps<program::ExecutableOp>()) {
    auto object = dyn_cast_or_null<DenseResourceElementsAttr>(executable.getObjectAttr());
    const Backend *backend = findBackend(Target::of(executable).name);
    if (!object || !backend)
      continue;
    ArrayRef<char> code = object.getRawHandle().getBlob()->getData();
    bool isShared = true;
    auto write = [&](const std::string &name, ArrayRef<char> bytes) {
      Status status = writeFile(options.dump_ir + "/" + name + "." + backend->codeSuffix.str(),
                                std::string(bytes.data(), bytes.size()));
      result.error = status.message;
      return !status.failed();
    };
    WalkResult walked = executable.walk([&](Operation *op) {
      auto offset = op->getAttrOfType<IntegerAttr>("treadle.offset"),
           bytes = op->getAttrOfType<IntegerAttr>("treadle.bytes");
      auto holder = op->getParentOfType<ModuleOp>();
      if (!offset || !bytes)
        return WalkResult::advance();
      isShared = false;
      std::string name = executable.getSymName().str() + "-" + holder.getName().value_or("kernel").str();
      return write(name, code.slice(offset.getInt(), bytes.getInt())) ? WalkResult::advance() : WalkResult::interrupt();
    });
    if (walked.wasInterrupted() || (isShared && !write(executable.getSymName().str(), code)))
      return false;
  }
  return true;
}

/// The stages for the whole model, or those for one target, whose name `suffix` is where there are several.
/// False after an error; `stopped` is set when the last one was reached that was asked for.
bool Compilation::runStages(ModuleOp module, bool forTarget, const std::string &suffix, const std::string &output) {
  ArrayRef<Stage> all = stages();
  bool explain = options.explain && hooks.explain;
  for (auto [i, stage] : llvm::enumerate(all)) {
    if (stage.isForTarget != forTarget)
      continue;
    if (hooks.cancelled && hooks.cancelled()) {
      result.cancelled = true;
      fail("cancelled");
      return false;
    }
    Stage actual = options.no_fusion ? unfused(stage) : stage;
    if (explain)
      hooks.explain(stage.name.str() + (suffix.empty() ? "" : " for " + suffix) + ": " + actual.guarantee.str());
    double part = 1.0 / static_cast<double>(all.size() + 1), done = static_cast<double>(i + 1) * part;
    if (failed(
            runStage(actual, module, std::make_unique<Watch>(hooks, stage.name.str(), done, done + part, explain)))) {
      fail(input + ": stage " + stage.name.str() + " failed");
      return false;
    }
    if (!options.dump_ir.empty() &&
        !writeText(module, options.dump_ir + "/" + std::to_string(i) + "-" + stage.name.str() +
                               (suffix.empty() ? "" : "-" + suffix) + ".mlir"))
      return false;
    if (!options.dump_ir.empty() && stage.name == "codegen" && !writeCode(module))
      return false;
    if (explain && stage.name == "group")
      explainGroups(module, hooks);
    if (stage.name == options.stop_after) {
      stopped = true;
      return output.empty() || writeText(module, output);
    }
  }
  return true;
}

CompileResult Compilation::run(const std::string &output, const Elsewhere &elsewhere) {
  ImportOptions import;
  std::vector<TargetVariants> targets;
  if (std::string problem = readOptions(options, import, targets); !problem.empty())
    return fail(problem);
  if (!options.dump_ir.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(options.dump_ir))
      return fail(options.dump_ir + ": " + code.message());

  if (hooks.progress)
    hooks.progress("import", llvm::sys::path::filename(input).str(), 0);
  FailureOr<ImportedModel> model = importModel(&context, input, import);
  if (failed(model))
    return fail(input + ": could not be imported");
  if (!runStages(*model->module, /*forTarget=*/false, "", output))
    return result;
  // From here on each target has a program of its own; the last takes the model's.
  SmallVector<OwningOpRef<ModuleOp>> programs;
  for (const TargetVariants &target : targets) {
    if (stopped && programs.empty())
      break;
    bool isLast = &target == &targets.back();
    OwningOpRef<ModuleOp> program = isLast ? std::move(model->module) : OwningOpRef<ModuleOp>(model->module->clone());
    auto descriptions = llvm::map_to_vector(
        target.variants, [&](const Target &variant) -> Attribute { return variant.toAttr(&context); });
    (*program)->setAttr(Target::attrName, descriptions.front());
    if (std::string ptxas = findPtxas(options.ptxas); !ptxas.empty())
      (*program)->setAttr("treadle.ptxas", StringAttr::get(&context, ptxas));
    (*program)->setAttr("treadle.targets", ArrayAttr::get(&context, descriptions));
    // What a stage leaves is written for the first target; --dump-ir has all.
    if (!runStages(*program, /*forTarget=*/true, targets.size() > 1 ? target.name : "", programs.empty() ? output : ""))
      return result;
    programs.push_back(std::move(program));
  }
  if (!stopped) {
    ArtifactInfo info{compilerVersion(), llvm::sys::path::filename(input).str(), model->sha256, options.toString(true)};
    auto modules = llvm::map_to_vector(programs, [](OwningOpRef<ModuleOp> &program) { return *program; });
    auto write = [&](const std::string &path) -> Status {
      OutputFile file(path);
      if (failed(writeArtifact(modules, info, file)))
        return error(TREADLE_UNSUPPORTED, path, ": could not be written");
      return file.finish();
    };
    Status written = write(output);
    if (std::string other; written.code == TREADLE_IO && elsewhere) {
      written = elsewhere(written.message, other);
      if (!written.failed())
        written = write(other);
    }
    if (written.failed())
      return fail(written.message);
  }
  result.ok = true;
  return result;
}

/// Size and time of the file that this code was loaded from: another build of the compiler, of the same
/// version, must not be answered with this one's artifacts.
std::string buildOfThisCode() {
  Dl_info info;
  llvm::sys::fs::file_status status;
  if (!dladdr(reinterpret_cast<void *>(&buildOfThisCode), &info) || llvm::sys::fs::status(info.dli_fname, status))
    return "";
  return std::to_string(status.getSize()) + " " +
         std::to_string(status.getLastModificationTime().time_since_epoch().count());
}

std::string Compilation::cacheKey() {
  FailureOr<std::vector<std::string>> files = modelFiles(&context, input);
  if (failed(files))
    return "";
  llvm::SHA256 hash;
  for (const std::string &path : *files) {
    auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!buffer) {
      fail(path + ": " + buffer.getError().message());
      return "";
    }
    hash.update((*buffer)->getBuffer());
  }
  hash.update(options.toString(true));
  hash.update(compilerVersion() + buildOfThisCode());
  ImportOptions import;
  std::vector<TargetVariants> targets;
  if (std::string problem = readOptions(options, import, targets); !problem.empty()) {
    fail(problem);
    return "";
  }
  for (const TargetVariants &target : targets) // "host" is another one on another machine
    for (const Target &variant : target.variants)
      hash.update(variant.variant);
  auto digest = hash.final();
  return llvm::toHex(llvm::ArrayRef<uint8_t>(digest).take_front(20), /*LowerCase=*/true);
}

void appendFlag(std::string &text, StringRef flag, const std::string &value, const std::string &fallback) {
  if (value != fallback)
    text += (text.empty() ? "" : " ") + flag.str() + "=" + value;
}
void appendFlag(std::string &text, StringRef flag, const std::vector<std::string> &values,
                const std::vector<std::string> &) {
  for (const std::string &value : values)
    text += (text.empty() ? "" : " ") + flag.str() + "=" + value;
}
void appendFlag(std::string &text, StringRef flag, int64_t value, int64_t fallback) {
  if (value != fallback)
    text += (text.empty() ? "" : " ") + flag.str() + "=" + std::to_string(value);
}
void appendFlag(std::string &text, StringRef flag, bool value, bool fallback) {
  if (value != fallback)
    text += (text.empty() ? "" : " ") + flag.str();
}

} // namespace

std::string CompileOptions::toString(bool keyedOnly) const {
  CompileOptions defaults;
  std::string text;
#define TREADLE_OPTION(name, type, default_, meta, keyed, help)                                                        \
  if (keyed || !keyedOnly) {                                                                                           \
    std::string flag = "--" #name;                                                                                     \
    std::replace(flag.begin(), flag.end(), '_', '-');                                                                  \
    appendFlag(text, flag, name, defaults.name);                                                                       \
  }
#include "tools/compile/Options.def"
  return text;
}

std::string checkOptions(const CompileOptions &options) {
  ImportOptions import;
  std::vector<TargetVariants> targets;
  return readOptions(options, import, targets);
}

CompileResult compileModel(const std::string &input, const std::string &output, const CompileOptions &options,
                           const CompileHooks &hooks) {
  return Compilation(input, options, hooks).run(output);
}

std::string cacheFolder() {
  if (const char *folder = std::getenv("TREADLE_CACHE"); folder && *folder)
    return folder;
  if (const char *folder = std::getenv("XDG_CACHE_HOME"); folder && *folder)
    return std::string(folder) + "/treadle";
  const char *home = std::getenv("HOME");
  return std::string(home && *home ? home : "/tmp") + "/.cache/treadle";
}

CompileResult compileToCache(const std::string &input, const CompileOptions &options, std::string &path,
                             std::unique_ptr<TemporaryFile> &instead, const CompileHooks &hooks) {
  Compilation compilation(input, options, hooks);
  std::string key = compilation.cacheKey();
  if (key.empty())
    return compilation.result;
  std::string folder = cacheFolder();
  path = folder + "/" + key + ".tdl";
  if (isArtifact(path)) {
    compilation.result.ok = true;
    return compilation.result;
  }
  auto elsewhere = [&](const std::string &why, std::string &output) {
    if (hooks.warn)
      hooks.warn(why + "; the program is not kept in the cache " + folder + " (TREADLE_CACHE names another)");
    Status status = TemporaryFile::make(".tdl", instead);
    if (!status.failed())
      output = path = instead->path();
    return status;
  };
  std::error_code code = llvm::sys::fs::create_directories(folder);
  Status status = code ? error(TREADLE_IO, folder, ": ", code.message()) : checkWritable(path);
  if (status.failed())
    status = elsewhere(status.message, path);
  if (status.failed()) {
    compilation.result.error = status.message;
    return compilation.result;
  }
  return compilation.run(path, instead ? Compilation::Elsewhere() : elsewhere);
}

bool isArtifact(const std::string &path) {
  char magic[sizeof(fileMagic)] = {};
  std::ifstream file(path, std::ios::binary);
  return file.read(magic, sizeof(magic)) && std::memcmp(magic, fileMagic, sizeof(magic)) == 0;
}

std::string compilerVersion() { return "treadle " TREADLE_VERSION; }

std::vector<StageInfo> pipelineStages() {
  std::vector<StageInfo> result;
  for (const Stage &stage : stages())
    result.push_back({stage.name.str(), stage.guarantee.str()});
  return result;
}

} // namespace treadle
