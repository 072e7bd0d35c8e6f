//===- Case.cpp - one graph, compiled and compared with the evaluator ---------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/Case.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "test/conformance/Compiled.h"
#include "test/conformance/Reference.h"
#include "tools/tensorfile/TensorFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace treadle::graph;

namespace treadle::test {
namespace {

SmallVector<StringRef> wordsOf(StringRef text, StringRef separator) {
  SmallVector<StringRef> words;
  text.split(words, separator, -1, /*KeepEmpty=*/false);
  for (StringRef &word : words)
    word = word.trim();
  return words;
}

/// In a test's name there are letters and digits only.
std::string nameOf(StringRef word) {
  std::string name;
  for (char c : word)
    name += llvm::isAlnum(c) ? std::string(1, c) : c == '-' ? "m" : name.empty() || name.back() == '_' ? "" : "_";
  return StringRef(name).rtrim('_').str();
}

using Words = SmallVector<std::pair<StringRef, StringRef>>; // names, and what stands for them

/// The text with words in place of $NAMES; of names that fit the longest. Words may have names in them.
std::string filled(StringRef text, const Words &words) {
  std::string result;
  while (!text.empty()) {
    auto [before, after] = text.split('$');
    result += before;
    text = after;
    const std::pair<StringRef, StringRef> *longest = nullptr;
    for (const auto &word : words)
      if (text.starts_with(word.first) && (!longest || word.first.size() > longest->first.size()))
        longest = &word;
    if (!longest)
      continue;
    result += filled(longest->second, words);
    text = text.drop_front(longest->first.size());
  }
  return result;
}

SymbolValues symbolsOf(StringRef text) {
  SymbolValues values;
  for (StringRef word : wordsOf(text, " ")) {
    auto [name, number] = word.split('=');
    int64_t value = 0;
    if (!number.getAsInteger(10, value))
      values[name] = value;
  }
  return values;
}

/// The function with the symbols' values in place of them.
OwningOpRef<func::FuncOp> bound(func::FuncOp function, const SymbolValues &symbols) {
  OwningOpRef<func::FuncOp> copy(function.clone());
  substituteSymbols(copy.get(), symbols);
  return copy;
}

/// Names for inputs and outputs, and symbols that may be anything.
void describe(ModuleOp module, func::FuncOp function) {
  Builder b(module.getContext());
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    function.setArgAttr(i, "graph.name", b.getStringAttr("in" + std::to_string(i)));
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    function.setResultAttr(i, "graph.name", b.getStringAttr("out" + std::to_string(i)));
  std::vector<std::string> names;
  for (Type type : function.getArgumentTypes())
    for (DimExpr dim : dimsOf(type))
      dim.forEachSymbol([&](StringRef name) {
        if (!llvm::is_contained(names, name))
          names.push_back(name.str());
      });
  SmallVector<Attribute> symbols;
  for (const std::string &name : names)
    symbols.push_back(SymbolAttr::get(module.getContext(), name, 0, INT32_MAX, 1));
  module->setAttr("graph.symbols", b.getArrayAttr(symbols));
}

/// Arguments that are marked as constants become some, with the numbers they would have been given.
LogicalResult makeConstants(func::FuncOp function, uint64_t seed) {
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  for (unsigned i = function.getNumArguments(); i-- > 0;) {
    if (!function.getArgAttr(i, "test.constant"))
      continue;
    FailureOr<Tensor> value = randomInput(function, i, {}, seed);
    if (failed(value))
      return failure();
    Value constant = ConstantOp::create(builder, function.getLoc(), value->toAttr(function.getContext()));
    function.getArgument(i).replaceAllUsesWith(constant);
    if (failed(function.eraseArgument(i)))
      return failure();
  }
  return success();
}

struct Run {
  std::string what; // for messages
  SmallVector<Tensor> inputs;
  std::vector<Expected> expected;
};

/// Threads of this process do the tasks in either order; a device does them as it likes.
std::string compareRun(Compiled &compiled, const Run &run, bool hasPool) {
  std::string text;
  for (bool atEnd : {true, false}) {
    if (!atEnd && !hasPool)
      break;
    const treadle_pool *pool = atEnd ? nullptr : &backwardsPool();
    std::string error = compiled.run(run.inputs, pool, atEnd, [&](unsigned i, const treadle_tensor &out) {
      const Expected &expected = run.expected[i];
      if (ArrayRef(out.dims, out.rank) != expected.value.shape()) {
        text += run.what + ", output " + std::to_string(i) + " has another shape\n";
        return;
      }
      std::string difference = compare(expected, static_cast<const char *>(out.data));
      if (!difference.empty())
        text += run.what + ", output " + std::to_string(i) + (atEnd ? ":\n" : ", tasks backwards:\n") + difference;
    });
    if (!error.empty())
      text += run.what + ": " + error + "\n";
    if (!text.empty())
      break;
  }
  return text;
}

HostTensor hostTensor(DType dtype, ArrayRef<int64_t> shape, ArrayRef<char> bytes) {
  HostTensor tensor;
  if (Status made = HostTensor::make(dtype, shape.vec(), tensor); made.failed())
    llvm::report_fatal_error(made.message.c_str());
  std::copy(bytes.begin(), bytes.end(), tensor.data());
  return tensor;
}

/// The current test for replay.py: VARIANT-TEST.tdl, and of each run VARIANT-TEST.N.npz with in0 .., out0 .., and
/// tolerance0 ... What went wrong, or "".
std::string save(ModuleOp grouped, const Target &variant, ArrayRef<Run> runs, StringRef folder) {
  const testing::TestInfo &test = *testing::UnitTest::GetInstance()->current_test_info();
  std::string stem = (folder + "/" + variant.variant + "-" + test.test_suite_name() + "-" + test.name()).str();
  std::replace(stem.begin() + folder.size() + 1, stem.end(), '/', '-');
  if (failed(Compiled::write(grouped, variant, stem + ".tdl")))
    return takeErrors();
  for (auto [number, run] : llvm::enumerate(runs)) {
    NpzWriter file(stem + "." + std::to_string(number) + ".npz", /*deflate=*/true);
    Status done;
    auto add = [&](StringRef name, size_t index, const HostTensor &tensor) {
      if (!done.failed())
        done = file.add(name.str() + std::to_string(index), tensor);
    };
    for (auto [i, input] : llvm::enumerate(run.inputs))
      add("in", i, hostTensor(input.dtype(), input.shape(), input.raw()));
    for (auto [i, expected] : llvm::enumerate(run.expected)) {
      ArrayRef<double> tolerance(expected.tolerance);
      add("out", i, hostTensor(expected.value.dtype(), expected.value.shape(), expected.value.raw()));
      ArrayRef bytes(reinterpret_cast<const char *>(tolerance.data()), tolerance.size() * sizeof(double));
      add("tolerance", i, hostTensor(DType::F64, static_cast<int64_t>(tolerance.size()), bytes));
    }
    if (!done.failed())
      done = file.finish();
    if (done.failed())
      return done.message;
  }
  return "";
}

} // namespace

std::vector<Case> readCases(StringRef text) {
  std::vector<Case> all;
  std::set<std::string> taken;
  SmallVector<StringRef> chunks;
  text.split(chunks, "// -----\n");
  for (StringRef chunk : chunks) {
    std::string source;
    std::vector<std::pair<std::string, Words>> tests(1); // of each its name
    std::vector<SymbolValues> symbols;
    // Each test once with each of the choices in place of the names.
    auto multiply = [&](ArrayRef<StringRef> names, ArrayRef<SmallVector<StringRef>> choices) {
      std::vector<std::pair<std::string, Words>> multiplied;
      for (const auto &test : tests)
        for (ArrayRef<StringRef> words : choices) {
          auto &[name, copy] = multiplied.emplace_back(test);
          name += "_" + nameOf(words.front());
          for (auto [name, word] : llvm::zip(names, words))
            copy.push_back({name, word});
        }
      tests = std::move(multiplied);
    };
    SmallVector<StringRef> lines, columns;
    SmallVector<SmallVector<StringRef>> rows;
    chunk.split(lines, '\n');
    for (StringRef line : lines) {
      if (line.consume_front("//   ")) {
        rows.push_back(wordsOf(line, "  "));
        continue;
      }
      if (!rows.empty())
        multiply(columns, std::exchange(rows, {}));
      if (line.consume_front("// name ")) {
        tests[0].first = line.trim().str();
      } else if (line.consume_front("// table ")) {
        columns = wordsOf(line, " ");
      } else if (line.consume_front("// with ")) {
        for (StringRef values : wordsOf(line, "|"))
          symbols.push_back(symbolsOf(values));
      } else if (line.consume_front("// for ")) {
        auto [variables, choices] = line.split(" in ");
        SmallVector<StringRef> names = wordsOf(variables, " ");
        SmallVector<SmallVector<StringRef>> words;
        for (StringRef choice : wordsOf(choices, choices.contains('|') ? "|" : ","))
          words.push_back(names.size() > 1 ? wordsOf(choice, " ") : SmallVector<StringRef>{choice});
        multiply(names, words);
      } else if (!line.starts_with("//")) {
        source += (line + "\n").str();
      }
    }
    if (tests[0].first.empty())
      continue; // a file's head
    if (symbols.empty())
      symbols.push_back({});
    for (const auto &[name, words] : tests) {
      std::string own = name; // words that differ may be alike in it
      for (int number = 2; !taken.insert(own).second; ++number)
        own = name + "_" + std::to_string(number);
      all.push_back({own, filled(source, words), symbols});
    }
  }
  return all;
}

Outcome check(ModuleOp module, ArrayRef<SymbolValues> symbols, const TestTarget &target, uint64_t seed,
              bool everyVariant) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function)
    return {"has no @main", ""};
  if (failed(makeConstants(function, seed)))
    return {takeErrors(), ""};
  describe(module, function);
  std::vector<Run> runs;
  for (const SymbolValues &values : symbols) {
    Run run;
    for (auto &entry : values)
      run.what += (run.what.empty() ? "" : " ") + entry.first().str() + "=" + std::to_string(entry.second);
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      FailureOr<Tensor> input = randomInput(function, i, values, seed);
      if (failed(input))
        return {takeErrors(), ""};
      run.inputs.push_back(*input);
    }
    FailureOr<std::vector<Expected>> expected = expectedOf(*bound(function, values), run.inputs);
    if (failed(expected))
      return {run.what + ": " + takeErrors(), ""};
    run.expected = std::move(*expected);
    runs.push_back(std::move(run));
  }
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    function.removeArgAttr(i, "test.range");
    function.removeArgAttr(i, "test.values");
  }
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    function.removeResultAttr(i, StringAttr::get(&context(), "test.expected"));

  bool severalOps = llvm::count_if(function.getBody().front(),
                                   [](Operation &op) { return isa<GraphOpInterface>(op) && !isa<ConstantOp>(op); }) > 1;
  std::string missing;
  bool wasRun = false;
  for (bool fuse : {true, false}) {
    if (!fuse && !severalOps)
      break;
    OwningOpRef<ModuleOp> grouped(module.clone());
    if (failed(runUpToGroups(*grouped, target, fuse)))
      return {takeErrors(), ""};
    if (!target.ptxas.empty())
      grouped.get()->setAttr("treadle.ptxas", StringAttr::get(&context(), target.ptxas));
    ArrayRef<Target> variants(target.variants);
    if (!fuse) // it is the passes that differ, not the kernels
      variants = target.best();
    else if (!everyVariant)
      variants = variants[seed % variants.size()];
    for (const Target &variant : variants) {
      if (!target.folder.empty()) {
        if (std::string error = fuse ? save(*grouped, variant, runs, target.folder) : ""; !error.empty())
          return {error, ""};
        continue;
      }
      std::string how = target.name + ":" + variant.variant + (fuse ? "" : " without fusion");
      FailureOr<std::unique_ptr<Compiled>> compiled = Compiled::compile(*grouped, variant, target.device);
      if (failed(compiled))
        return {how + ": " + takeErrors(), ""};
      if (missing = (*compiled)->missing(); !missing.empty())
        continue;
      wasRun = true;
      std::string text;
      for (const Run &run : runs)
        text += compareRun(**compiled, run, /*hasPool=*/target.name == "cpu");
      if (!text.empty())
        return {how + ":\n" + text, ""};
    }
  }
  return {"", wasRun || !target.folder.empty() ? "" : "compiled only: " + missing};
}

Outcome check(const Case &test, const TestTarget &target) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(test.source, ParserConfig(&context()));
  if (!module)
    return {takeErrors(), ""};
  return check(*module, test.symbols, target, 1, /*everyVariant=*/true);
}

} // namespace treadle::test
