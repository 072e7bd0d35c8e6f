//===- trace.cpp - when each step ran -------------------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/TestProgram.h"
#include <gmock/gmock.h>

using namespace treadle;
using namespace treadle::test;
using testing::HasSubstr;

namespace {

int occurrences(const std::string &text, const std::string &part) {
  int count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++count;
  return count;
}

TEST(Trace, HasAnEventForEachStep) {
  OpenProgram program;
  Rows rows(3);
  EXPECT_EQ(rows.run(program.session), "");
  EXPECT_STREQ(treadle_session_trace(program.session), R"({"traceEvents":[]})");

  treadle_session_profile(program.session, 1);
  EXPECT_EQ(rows.run(program.session), "");
  EXPECT_EQ(rows.run(program.session), "");
  std::string trace = treadle_session_trace(program.session);
  EXPECT_EQ(occurrences(trace, R"("ph":"X")"), 8);
  EXPECT_EQ(occurrences(trace, R"x("name":"node (Add)")x"), 4);
  EXPECT_EQ(occurrences(trace, R"("name":"copy")"), 2);
  EXPECT_EQ(occurrences(trace, R"("name":"fill")"), 2);
  EXPECT_THAT(trace, HasSubstr(R"("kernel":"add_row_0","flops":12,"bytes":48)"));
  EXPECT_EQ(occurrences(trace, "{"), occurrences(trace, "}"));

  // What was read is gone; what is not recorded is not there.
  EXPECT_STREQ(treadle_session_trace(program.session), R"({"traceEvents":[]})");
  treadle_session_profile(program.session, 0);
  EXPECT_EQ(rows.run(program.session), "");
  EXPECT_STREQ(treadle_session_trace(program.session), R"({"traceEvents":[]})");
}

TEST(Trace, NamesAreEscaped) {
  TestProgram description;
  description.kernels[0].name = "a\"b\\c\nd";
  OpenProgram program(description);
  treadle_session_profile(program.session, 1);
  EXPECT_EQ(Rows(1).run(program.session), "");
  EXPECT_THAT(treadle_session_trace(program.session), HasSubstr(R"("a\"b\\c\u000ad")"));
  EXPECT_THAT(treadle_program_json(program.program), HasSubstr(R"("a\"b\\c\u000ad")"));
}

} // namespace
