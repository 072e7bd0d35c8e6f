//===- Inspect.cpp - treadle inspect --------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/treadle/Command.h"
#include "tools/treadle/Program.h"
#include "tools/treadle/Terminal.h"
#include <filesystem>
#include <fmt/core.h>
#include <map>

namespace treadle {
namespace {

struct Arguments {
  ProgramOptions program;
  bool asJson = false;
};

using llvm::json::Array;
using llvm::json::Object;

std::string stringOf(const Object &object, llvm::StringRef key) { return object.getString(key).value_or("").str(); }
int64_t numberOf(const Object &object, llvm::StringRef key) { return object.getInteger(key).value_or(0); }

/// Calls `visit` with each object of a list.
template <typename Visit> void forEach(const Object &object, llvm::StringRef key, Visit visit) {
  if (const Array *array = object.getArray(key))
    for (const llvm::json::Value &value : *array)
      if (const Object *element = value.getAsObject())
        visit(*element);
}

/// A size, which is a number or an expression of the symbols.
std::string sizeText(const std::string &expression, const std::string &unit) {
  int64_t number = 0;
  if (llvm::StringRef(expression).getAsInteger(10, number))
    return expression + " " + unit;
  return unit == "B" ? bytesText(number) : countText(static_cast<double>(number), unit);
}

void printTensors(const char *title, const std::vector<ProgramTensor> &tensors) {
  fmt::print("{}\n", title);
  size_t width = 0;
  for (const ProgramTensor &tensor : tensors)
    width = std::max(width, tensor.name.size());
  for (const ProgramTensor &tensor : tensors)
    fmt::print("  {:<{}}  {}\n", tensor.name, width, tensor.typeText());
}

void printSteps(const Object &description) {
  const Array *steps = description.getArray("steps");
  fmt::print("steps: {}\n", steps ? steps->size() : 0);
  int64_t number = 0;
  forEach(description, "steps", [&](const Object &step) {
    std::string kernel = stringOf(step, "kernel"), source;
    if (kernel.empty()) {
      fmt::print("  {:>4}  {}\n", number++, stringOf(step, "command"));
      return;
    }
    if (const Array *names = step.getArray("source"))
      for (const llvm::json::Value &name : *names)
        source += (source.empty() ? "" : ", ") + name.getAsString().value_or("").str();
    fmt::print("  {:>4}  {:<16} {:>12} {:>10}  {}\n", number++, kernel, sizeText(stringOf(step, "flops"), "FLOP"),
               sizeText(stringOf(step, "traffic"), "B"), source);
  });
}

void printMemory(const Object &description) {
  int64_t count = 0, fixed = 0;
  std::string open;
  forEach(description, "buffers", [&](const Object &buffer) {
    if (stringOf(buffer, "space") != "arena")
      return;
    std::string bytes = stringOf(buffer, "bytes");
    int64_t number = 0;
    if (!llvm::StringRef(bytes).getAsInteger(10, number))
      fixed += number;
    ++count;
    open += fmt::format("  {:>24}  steps {} to {}\n", sizeText(bytes, "B"), numberOf(buffer, "first_step"),
                        numberOf(buffer, "last_step"));
  });
  fmt::print("memory plan: {} intermediate buffers, which share memory where their steps do not overlap\n{}", count,
             open);
  fmt::print("weights: {} in {} constants\n", bytesText(numberOf(description, "weight_bytes")),
             numberOf(description, "weights"));
}

void printKernels(const Object &description) {
  std::map<std::string, int64_t> families;
  int64_t count = 0;
  forEach(description, "kernels", [&](const Object &kernel) {
    ++families[stringOf(kernel, "family")];
    ++count;
  });
  fmt::print("kernels: {}", count);
  const char *separator = " (";
  for (const auto &[family, number] : families) {
    fmt::print("{}{} {}", separator, number, family);
    separator = ", ";
  }
  fmt::print("{}\n", families.empty() ? "" : ")");
  forEach(description, "executables", [&](const Object &executable) {
    fmt::print("  {:<7} {:<10} {} kernels, {} of machine code\n", stringOf(executable, "target"),
               stringOf(executable, "variant"), numberOf(executable, "kernels"),
               bytesText(numberOf(executable, "bytes")));
  });
}

Status inspect(const Arguments &arguments) {
  OpenProgram program;
  if (Status status = OpenProgram::open(arguments.program, program); status.failed())
    return status;
  if (arguments.asJson) {
    fmt::print("{}\n", treadle_program_json(program.get()));
    return {};
  }
  const Object &description = program.description();
  std::error_code code;
  uint64_t bytes = std::filesystem::file_size(program.artifact(), code);
  fmt::print("{}: {}\n", arguments.program.file, code ? "" : bytesText(bytes));
  if (const Object *from = description.getObject("provenance")) {
    fmt::print("made by {} from {}", stringOf(*from, "compiler"), stringOf(*from, "model"));
    if (std::string options = stringOf(*from, "options"); !options.empty())
      fmt::print(" with {}", options);
    fmt::print("\n  model's SHA-256: {}\n", stringOf(*from, "model_sha256"));
  }
  printTensors("inputs", program.inputs());
  printTensors("outputs", program.outputs());
  if (const Array *symbols = description.getArray("symbols"); symbols && !symbols->empty()) {
    fmt::print("open dimensions\n");
    forEach(description, "symbols", [](const Object &symbol) {
      fmt::print("  {}: {} to {}", stringOf(symbol, "name"), numberOf(symbol, "min"), numberOf(symbol, "max"));
      if (int64_t step = numberOf(symbol, "step"); step > 1)
        fmt::print(", a multiple of {}", step);
      fmt::print("\n");
    });
  }
  printSteps(description);
  printMemory(description);
  printKernels(description);
  if (const Object *metadata = description.getObject("metadata"); metadata && !metadata->empty()) {
    fmt::print("the model's own metadata\n");
    constexpr size_t longest = 80;
    for (const auto &[key, value] : *metadata) {
      std::string text = value.getAsString().value_or("").str();
      std::replace(text.begin(), text.end(), '\n', ' ');
      if (text.size() > longest)
        text = text.substr(0, longest) + "...";
      fmt::print("  {}: {}\n", key.str(), text);
    }
  }
  return {};
}

} // namespace

void addInspect(CLI::App &app, Action &action) {
  CLI::App *command =
      app.add_subcommand("inspect", "Say what an artifact holds: inputs, outputs, steps, memory, weights, kernels");
  auto arguments = std::make_shared<Arguments>();
  arguments->program.addTo(*command, /*runs=*/false);
  command->add_flag("--json", arguments->asJson, "print JSON");
  command->callback([arguments, &action] { action = [arguments](int &) { return inspect(*arguments); }; });
}

} // namespace treadle
