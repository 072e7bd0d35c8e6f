//===- DimText.cpp - dimensions as they are written in IR -------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/graph/Graph.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace treadle::graph {
namespace {

bool isBareSymbol(StringRef name) {
  if (name.empty() || !(llvm::isAlpha(name[0]) || name[0] == '_'))
    return false;
  if (name == "floordiv" || name == "min" || name == "max")
    return false;
  return llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '$'; });
}

/// How tightly an operator binds, for parentheses in print.
enum Precedence { SumLevel, ProductLevel, AtomLevel };

void printAt(DimExpr expr, Precedence level, raw_ostream &os) {
  auto parenthesized = [&](Precedence own, auto body) {
    if (own < level)
      os << '(';
    body();
    if (own < level)
      os << ')';
  };
  switch (expr.kind()) {
  case DimKind::Constant:
    os << expr.value();
    return;
  case DimKind::Symbol:
    if (isBareSymbol(expr.symbolName()))
      os << expr.symbolName();
    else {
      os << '"';
      llvm::printEscapedString(expr.symbolName(), os);
      os << '"';
    }
    return;
  case DimKind::Sum:
    parenthesized(SumLevel, [&] {
      for (unsigned i = 0; i < expr.operandCount(); ++i) {
        DimExpr term = expr.operand(i);
        bool negative = term.kind() == DimKind::Product && term.value() < 0;
        if (i)
          os << (negative ? " - " : " + ");
        printAt(i && negative ? term * -1 : term, ProductLevel, os);
      }
      if (expr.value())
        os << (expr.value() < 0 ? " - " : " + ") << std::abs(expr.value());
    });
    return;
  case DimKind::Product:
    parenthesized(ProductLevel, [&] {
      if (expr.value() != 1)
        os << expr.value() << " * ";
      for (unsigned i = 0; i < expr.operandCount(); ++i) {
        if (i)
          os << " * ";
        printAt(expr.operand(i), AtomLevel, os);
      }
    });
    return;
  case DimKind::FloorDiv:
    parenthesized(ProductLevel, [&] {
      printAt(expr.operand(0), AtomLevel, os);
      os << " floordiv ";
      printAt(expr.operand(1), AtomLevel, os);
    });
    return;
  case DimKind::Min:
  case DimKind::Max:
    os << (expr.kind() == DimKind::Min ? "min(" : "max(");
    for (unsigned i = 0; i < expr.operandCount(); ++i) {
      if (i)
        os << ", ";
      printAt(expr.operand(i), SumLevel, os);
    }
    os << ')';
    return;
  }
}

/// expr := product (('+' | '-') product)*
/// product := atom (('*' | 'floordiv') atom)*
/// atom := integer | symbol | '(' expr ')' | ('min' | 'max') '(' expr (',' expr)* ')'
class Parser {
public:
  explicit Parser(AsmParser &parser) : parser(parser), context(parser.getContext()) {}

  FailureOr<DimExpr> sum() {
    FailureOr<DimExpr> result = product();
    while (succeeded(result)) {
      bool minus = succeeded(parser.parseOptionalMinus());
      if (!minus && failed(parser.parseOptionalPlus()))
        return result;
      FailureOr<DimExpr> right = product();
      if (failed(right))
        return failure();
      result = minus ? *result - *right : *result + *right;
    }
    return result;
  }

private:
  FailureOr<DimExpr> product() {
    FailureOr<DimExpr> first = atom();
    return failed(first) ? first : productFrom(*first);
  }

  FailureOr<DimExpr> productFrom(DimExpr left) {
    while (true) {
      bool isProduct = succeeded(parser.parseOptionalStar());
      if (!isProduct && failed(parser.parseOptionalKeyword("floordiv")))
        return left;
      FailureOr<DimExpr> right = atom();
      if (failed(right))
        return failure();
      left = isProduct ? left * *right : left.floorDiv(*right);
    }
  }

  FailureOr<DimExpr> atom() {
    int64_t value;
    if (OptionalParseResult number = parser.parseOptionalInteger(value); number.has_value())
      return failed(*number) ? FailureOr<DimExpr>() : DimExpr::constant(context, value);
    if (succeeded(parser.parseOptionalLParen())) {
      FailureOr<DimExpr> inner = sum();
      if (failed(inner) || failed(parser.parseRParen()))
        return failure();
      return inner;
    }
    std::string quoted;
    if (succeeded(parser.parseOptionalString(&quoted)))
      return DimExpr::symbol(context, quoted);
    StringRef name;
    if (failed(parser.parseKeyword(&name)))
      return failure();
    if (name != "min" && name != "max")
      return DimExpr::symbol(context, name);
    bool isMin = name == "min";
    DimExpr result;
    auto element = [&]() -> ParseResult {
      FailureOr<DimExpr> operand = sum();
      if (failed(operand))
        return failure();
      result = !result ? *operand : isMin ? DimExpr::min(result, *operand) : DimExpr::max(result, *operand);
      return success();
    };
    if (failed(parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, element)) || !result)
      return failure();
    return result;
  }

  AsmParser &parser;
  MLIRContext *context;
};

} // namespace

void DimExpr::print(raw_ostream &os) const { printAt(*this, SumLevel, os); }

std::string DimExpr::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(os);
  return text;
}

FailureOr<DimExpr> DimExpr::parse(AsmParser &parser) { return Parser(parser).sum(); }

Attribute DimAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<DimExpr> expr = DimExpr::parse(parser);
  if (failed(expr) || parser.parseGreater())
    return {};
  return expr->attribute();
}

void DimAttr::print(AsmPrinter &printer) const { printer << '<' << DimExpr(*this).str() << '>'; }

Attribute DimsAttr::parse(AsmParser &parser, Type) {
  SmallVector<Attribute> dims;
  auto element = [&]() -> ParseResult {
    FailureOr<DimExpr> expr = DimExpr::parse(parser);
    if (failed(expr))
      return failure();
    dims.push_back(expr->attribute());
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, element))
    return {};
  return DimsAttr::get(parser.getContext(), dims);
}

void DimsAttr::print(AsmPrinter &printer) const {
  printer << '<';
  llvm::interleaveComma(getDims(), printer, [&](Attribute dim) { printer << DimExpr(dim).str(); });
  printer << '>';
}

} // namespace treadle::graph
