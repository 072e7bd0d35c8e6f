//===- Decoder.cpp - from text to what is run --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/gcn/Decoder.h"
#include "tools/simulator/Fault.h"
#include "tools/simulator/gcn/Syntax.h"
#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

namespace treadle::simulator::gcn {
namespace {

using Flag = Operation::Flag;

const Operation *find(std::string_view mnemonic) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const Operation *> table;
    for (auto family :
         {scalarOperations, controlOperations, floatOperations, integerOperations, compareOperations, convertOperations,
          packedOperations, laneOperations, globalOperations, sharedOperations, matrixOperations})
      for (const Operation &operation : family())
        table.emplace(operation.name, &operation);
    return table;
  }();
  for (std::string_view encoding : {"_e32", "_e64", "_dpp", "_sdwa"})
    if (mnemonic.ends_with(encoding)) {
      mnemonic.remove_suffix(encoding.size());
      break;
    }
  auto found = table.find(mnemonic);
  return found == table.end() ? nullptr : found->second;
}

// ---- modifiers -------------------------------------------------------------------------------

bool parseSelect(std::string_view text, Select &select) {
  constexpr std::string_view names[] = {"DWORD", "WORD_0", "WORD_1", "BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3"};
  auto *found = std::find(std::begin(names), std::end(names), text);
  select = static_cast<Select>(found - std::begin(names));
  return found != std::end(names);
}

bool parseUnused(std::string_view text, Unused &unused) {
  constexpr std::string_view names[] = {"UNUSED_PAD", "UNUSED_SEXT", "UNUSED_PRESERVE"};
  auto *found = std::find(std::begin(names), std::end(names), text);
  unused = static_cast<Unused>(found - std::begin(names));
  return found != std::end(names);
}

/// DPP: where each lane's first source comes from. -1 beyond the row's border.
bool parsePermutation(std::string_view name, std::string_view text, Permutation &permutation) {
  constexpr int row = 16;
  std::vector<int64_t> order;
  int64_t number = 0;
  if (name == "quad_perm") {
    if (!parseList(text, order) || order.size() != 4)
      return false;
  } else if (!text.empty() && !parseInteger(text, number)) {
    return false;
  }
  auto by = static_cast<int>(number);
  auto inRow = [](int lane, int at) { return at >= 0 && at < row ? lane / row * row + at : -1; };
  auto inWave = [](int lane) { return lane >= 0 && lane < int(lanesOfWave) ? lane : -1; };
  for (int lane = 0; lane < int(lanesOfWave); ++lane) {
    int at = lane % row, from;
    if (name == "quad_perm")
      from = lane / 4 * 4 + static_cast<int>(order[lane % 4] & 3);
    else if (name == "row_shl")
      from = inRow(lane, at + by);
    else if (name == "row_shr")
      from = inRow(lane, at - by);
    else if (name == "row_ror")
      from = inRow(lane, (at - by + row) % row);
    else if (name == "wave_shl")
      from = inWave(lane + 1);
    else if (name == "wave_shr")
      from = inWave(lane - 1);
    else if (name == "wave_rol")
      from = (lane + 1) % int(lanesOfWave);
    else if (name == "wave_ror")
      from = (lane - 1 + int(lanesOfWave)) % int(lanesOfWave);
    else if (name == "row_mirror")
      from = inRow(lane, row - 1 - at);
    else if (name == "row_half_mirror")
      from = inRow(lane, at / 8 * 8 + 7 - at % 8);
    else if (name == "row_newbcast")
      from = inRow(lane, by);
    else if (name == "row_bcast" && by == 15) // the last of each row to the next row
      from = inWave(lane / row * row - 1);
    else if (name == "row_bcast" && by == 31) // the last of the lower half to the upper
      from = lane < 32 ? -1 : 31;
    else
      return false;
    permutation.from[lane] = static_cast<int8_t>(from);
  }
  return true;
}

/// A bit for each row of 16 lanes, or each bank of 4 in every row.
uint64_t lanesOf(int64_t mask, unsigned width) {
  uint64_t lanes = 0;
  for (unsigned lane = 0; lane < lanesOfWave; ++lane)
    lanes |= uint64_t(mask >> lane / width % 4 & 1) << lane;
  return lanes;
}

bool isPermutation(std::string_view name) {
  return name == "quad_perm" || name.starts_with("row_") || name.starts_with("wave_");
}

class Reader {
public:
  Reader(Code &code, const WaveSetup &setup) : code(code), setup(setup) {}

  /// False: something is not known.
  bool read(const Disassembled &disassembled, uint64_t address, uint64_t base, Instruction &instruction) {
    Syntax syntax = parseInstruction(disassembled.text);
    operation = find(syntax.mnemonic);
    if (!operation)
      return false;
    instruction.run = operation->run;
    instruction.next = address + disassembled.bytes;
    if (operation->flags & Flag::ignored)
      return true;
    if (operation->flags & Flag::mixed)
      instruction.halves.high = 0;
    instruction.keepsHigh = (operation->flags & Flag::keepsHigh) != 0;
    if (operation->flags & Flag::branch) { // in words from the next instruction on
      if (disassembled.immediates.size() != 1)
        return false;
      uint64_t to = instruction.next + 4 * static_cast<int64_t>(static_cast<int16_t>(disassembled.immediates[0]));
      instruction.target = static_cast<uint32_t>((to - base) / 4); // becomes a position when all are known
      return true;
    }
    if (syntax.mnemonic.ends_with("_e32") && !syntax.modifiers.empty())
      return false;
    return readOperands(syntax, disassembled, instruction) && readModifiers(syntax, disassembled, instruction) &&
           check(instruction);
  }

private:
  Type typeOf(size_t number) const { return number < operation->types.size() ? operation->types[number] : Type::any; }

  bool readOperands(const Syntax &syntax, const Disassembled &disassembled, Instruction &instruction) {
    size_t number = 0;
    for (std::string_view text : syntax.operands) {
      Operand operand;
      if (text.starts_with("hwreg(")) {
        operand.kind = Operand::Kind::constant;
        operand.value = static_cast<uint64_t>(disassembled.immediates.back());
      } else if (!parseOperand(text, typeOf(number), setup, operand)) {
        return false;
      }
      if (number == 0 && operation->results > 0)
        instruction.result = operand;
      else if (number == 1 && operation->results > 1)
        instruction.mask = operand;
      else if (instruction.sources < instruction.source.size())
        instruction.source[instruction.sources++] = operand;
      else
        return false;
      ++number;
    }
    auto append = [&](Operand operand) {
      if (instruction.sources == instruction.source.size())
        return false;
      operand.type = typeOf(operation->results + instruction.sources);
      instruction.source[instruction.sources++] = operand;
      return true;
    };
    if (operation->flags & Flag::readsResult && !append(instruction.result))
      return false;
    if (operation->flags & Flag::readsVcc) {
      Operand vcc;
      vcc.kind = Operand::Kind::scalar;
      vcc.index = vccRegister;
      vcc.registers = 2;
      if (!append(vcc))
        return false;
    }
    return operation->types.empty() || operation->types.size() == operation->results + instruction.sources;
  }

  bool readModifiers(const Syntax &syntax, const Disassembled &disassembled, Instruction &instruction) {
    Permutation permutation;
    bool permuted = false;
    for (std::string_view modifier : syntax.modifiers) {
      size_t colon = modifier.find(':');
      std::string_view name = modifier.substr(0, colon);
      std::string_view value = colon == std::string_view::npos ? "" : modifier.substr(colon + 1);
      if (isPermutation(name) && name != "row_mask") {
        if (permuted || !parsePermutation(name, value, permutation))
          return false;
        permuted = true;
      } else if (name == "row_mask" || name == "bank_mask") {
        int64_t mask;
        if (!parseInteger(value, mask))
          return false;
        permutation.written &= lanesOf(mask, name == "row_mask" ? 16 : 4);
      } else if (modifier == "bound_ctrl:1") {
        permutation.zeroOutside = true;
      } else if (!readModifier(name, value, disassembled, instruction)) {
        return false;
      }
    }
    if (permuted) {
      code.permutations.push_back(permutation);
      instruction.permutation = &code.permutations.back();
      instruction.source[0].permuted = true;
      instruction.source[0].plain = false;
    }
    return true;
  }

  bool readModifier(std::string_view name, std::string_view value, const Disassembled &disassembled,
                    Instruction &instruction) {
    uint16_t flags = operation->flags;
    int64_t number = 0;
    bool isNumber = parseInteger(value, number);
    if (name == "clamp") {
      instruction.clamp = true;
      return value.empty() && flags & (Flag::floatResult | Flag::integerClamp);
    }
    if ((name == "mul" || name == "div") && isNumber && flags & Flag::floatResult) {
      instruction.outputScale = name == "div" ? 3 : number == 2 ? 1 : number == 4 ? 2 : 0;
      return instruction.outputScale != 0 && (name == "mul" || number == 2);
    }
    if (name == "dst_sel")
      return parseSelect(value, instruction.resultSelect);
    if (name == "dst_unused")
      return parseUnused(value, instruction.unused);
    if (name == "src0_sel" || name == "src1_sel") {
      Operand &operand = instruction.source[name == "src1_sel"];
      if (!parseSelect(value, operand.select))
        return false;
      operand.plain &= operand.select == Select::dword;
      return true;
    }
    if (name.starts_with("op_sel") || name.starts_with("neg_"))
      return readHalves(name, value, instruction);
    if (flags & Flag::matrix && isNumber) {
      if (name == "cbsz" || name == "abid") {
        (name == "cbsz" ? instruction.blocks : instruction.block) = static_cast<uint8_t>(number);
        return number >= 0 && number < 16;
      }
      return false;
    }
    if (flags & Flag::memory) {
      if (name == "offset" && value.starts_with("swizzle(") && !disassembled.immediates.empty()) {
        instruction.offset = static_cast<int32_t>(disassembled.immediates.front());
        return true;
      }
      if ((name == "offset" || name == "offset0" || name == "offset1") && isNumber) {
        (name == "offset1" ? instruction.offset1 : instruction.offset) = static_cast<int32_t>(number);
        return true;
      }
      if (name == "glc")
        instruction.returnsOld = operation->name.find("_atomic_") != std::string::npos;
      return name == "glc" || name == "slc" || name == "scc" || name == "nv";
    }
    return false;
  }

  bool readHalves(std::string_view name, std::string_view value, Instruction &instruction) {
    std::vector<int64_t> bits;
    if (!parseList(value, bits))
      return false;
    uint8_t mask = 0;
    for (size_t i = 0; i < bits.size(); ++i)
      mask |= static_cast<uint8_t>((bits[i] & 1) << i);
    if (operation->flags & Flag::packed) {
      Halves &halves = instruction.halves;
      if (name == "op_sel_hi" && bits.size() < 3) // what is not there keeps its default
        mask |= static_cast<uint8_t>(0x7 << bits.size() & 0x7);
      (name == "op_sel"      ? halves.low
       : name == "op_sel_hi" ? halves.high
       : name == "neg_lo"    ? halves.negateLow
                             : halves.negateHigh) = mask;
      return true;
    }
    if (name != "op_sel" || !(operation->flags & Flag::keepsHigh || operation->name == "v_pack_b32_f16"))
      return false;
    // Sources, and last the result.
    for (size_t i = 0; i < bits.size(); ++i) {
      Operand &operand =
          i + 1 == bits.size() && operation->flags & Flag::keepsHigh ? instruction.result : instruction.source[i];
      operand.high = bits[i] != 0;
      operand.plain &= !operand.high;
    }
    return true;
  }

  // ---- what operations rely on

  static bool fits(const Operand &operand, Type type) {
    switch (type) {
    case Type::any:
      return true;
    case Type::pair:
    case Type::b64:
    case Type::f64:
      return operand.isConstant() || operand.registers == 2;
    case Type::mask:
      return operand.isScalar() && operand.registers == 2;
    default:
      return operand.isConstant() || operand.registers == 1;
    }
  }

  bool check(const Instruction &instruction) const {
    uint16_t flags = operation->flags;
    auto isNumber = [](Type type) { return type == Type::f16 || type == Type::f32 || type == Type::f64; };
    if (flags & Flag::vectorResult && !instruction.result.isVector())
      return false;
    bool widths = !(flags & Flag::matrix);
    if (operation->results > 0 && widths && !fits(instruction.result, typeOf(0)))
      return false;
    if (operation->results > 0 && !(flags & Flag::vectorResult) && !instruction.result.isScalar())
      return false;
    if (operation->results > 1 && !fits(instruction.mask, Type::mask))
      return false;
    for (unsigned i = 0; i < instruction.sources; ++i) {
      const Operand &operand = instruction.source[i];
      Type type = typeOf(operation->results + i);
      if (widths && !fits(operand, type))
        return false;
      if ((operand.negate || operand.absolute) && !isNumber(type) && !(flags & Flag::bitSigns))
        return false;
      // A constant has a lower half only; what the upper one would be is not documented.
      if (type == Type::pair && flags & Flag::floatResult && operand.isConstant() && operand.value != 0 &&
          (instruction.halves.high & (1u << i)))
        return false;
    }
    // Scalar operations read what is scalar.
    if (operation->name.starts_with("s_"))
      for (unsigned i = 0; i < instruction.sources; ++i)
        if (instruction.source[i].isVector())
          return false;
    return true;
  }

  Code &code;
  const WaveSetup &setup;
  const Operation *operation = nullptr;
};

void unknown(Wave &, const Instruction &) { throw Fault("this instruction, or a form of it, is not simulated"); }

} // namespace

Code decode(Disassembler &disassembler, std::span<const uint8_t> bytes, uint64_t address, const WaveSetup &setup) {
  Code code;
  constexpr uint32_t none = UINT32_MAX;
  std::vector<uint32_t> positions(bytes.size() / 4 + 1, none); // of the instruction that begins at a word
  Reader reader(code, setup);
  for (size_t at = 0; at < bytes.size();) {
    Disassembled disassembled = disassembler.next(bytes.subspan(at), address + at);
    positions[at / 4] = static_cast<uint32_t>(code.instructions.size());
    Instruction instruction;
    if (!reader.read(disassembled, address + at, address, instruction)) {
      instruction = {};
      instruction.run = unknown;
    }
    code.instructions.push_back(instruction);
    code.texts.push_back(std::move(disassembled.text));
    at += disassembled.bytes;
  }
  for (size_t i = 0; i < code.instructions.size(); ++i) {
    Instruction &instruction = code.instructions[i];
    const Operation *operation = find(parseInstruction(code.texts[i]).mnemonic);
    if (!operation || !(operation->flags & Flag::branch))
      continue;
    instruction.target = instruction.target < positions.size() ? positions[instruction.target] : none;
    if (instruction.target == none)
      instruction.run = unknown;
  }
  return code;
}

} // namespace treadle::simulator::gcn
