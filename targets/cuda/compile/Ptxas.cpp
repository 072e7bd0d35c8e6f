//===- Ptxas.cpp - NVIDIA's assembler ----------------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/cuda/compile/Ptxas.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace treadle::cuda {
namespace {

/// A file that goes with this.
class TemporaryFile {
public:
  explicit TemporaryFile(StringRef suffix) { failed = bool(sys::fs::createTemporaryFile("treadle", suffix, name)); }
  ~TemporaryFile() {
    if (!failed)
      sys::fs::remove(name);
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  std::unique_ptr<MemoryBuffer> read() const {
    auto buffer = MemoryBuffer::getFile(name, /*IsText=*/false, /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
    return buffer ? std::move(*buffer) : MemoryBuffer::getMemBuffer("");
  }

  SmallString<128> name;
  bool failed;
};

int64_t numberIn(StringRef text, StringRef pattern) {
  SmallVector<StringRef> found;
  int64_t number = 0;
  if (Regex(pattern).match(text, &found))
    found[1].getAsInteger(10, number);
  return number;
}

} // namespace

Cubin assemble(StringRef ptxas, StringRef text) {
  Cubin cubin;
  TemporaryFile source("ptx"), object("cubin"), said("txt");
  if (source.failed || object.failed || said.failed) {
    cubin.error = "temporary files cannot be made";
    return cubin;
  }
  std::error_code code;
  {
    raw_fd_ostream out(source.name, code);
    out << text.rtrim('\0');
  }
  SmallVector<StringRef> device;
  Regex("\n\\.target ([a-z0-9_]+)").match(text, &device);
  std::string arch = "-arch=" + (device.empty() ? "" : device[1].str());
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(said.name), StringRef(said.name)};
  int status = sys::ExecuteAndWait(ptxas, {ptxas, "-v", arch, source.name, "-o", object.name}, std::nullopt, redirects,
                                   /*SecondsToWait=*/0, /*MemoryLimit=*/0, &cubin.error);
  std::unique_ptr<MemoryBuffer> words = said.read(), made = object.read();
  if (status != 0 || code || made->getBufferSize() == 0) {
    if (cubin.error.empty())
      cubin.error = words->getBuffer().split('\n').first.str();
    return cubin;
  }
  cubin.code.assign(made->getBufferStart(), made->getBufferEnd());
  cubin.registers = numberIn(words->getBuffer(), "Used ([0-9]+) registers");
  cubin.spillBytes = numberIn(words->getBuffer(), "([0-9]+) bytes spill stores") +
                     numberIn(words->getBuffer(), "([0-9]+) bytes spill loads");
  return cubin;
}

} // namespace treadle::cuda
