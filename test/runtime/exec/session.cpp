//===- session.cpp - one user's run of a program --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/TestProgram.h"
#include <atomic>
#include <gmock/gmock.h>
#include <map>
#include <thread>

using namespace treadle;
using namespace treadle::test;
using testing::ElementsAre;
using Op = format::ExprOp;

namespace {

TEST(Session, Runs) {
  OpenProgram program;
  for (int64_t count : {1, 3, 100, 0, 7})
    EXPECT_EQ(Rows(count).run(program.session), "") << count;
}

TEST(Session, WritesToMemoryOfTheCaller) {
  OpenProgram program;
  Rows rows(5);
  std::vector<float> sum(20), copy(20);
  std::vector<uint8_t> ones(5);
  treadle_tensor outputs[3] = {};
  outputs[0].data = sum.data();
  outputs[1].data = ones.data();
  outputs[1].capacity = 5;
  outputs[2].data = copy.data();
  outputs[2].capacity = 1000;
  EXPECT_EQ(messageOf(treadle_session_run(program.session, rows.inputs.data(), 2, outputs, 3)), "");
  EXPECT_EQ(sum, rows.sum);
  EXPECT_EQ(copy, rows.copy);
  EXPECT_EQ(outputs[0].data, sum.data());

  outputs[1].capacity = 4;
  EXPECT_EQ(messageOf(treadle_session_run(program.session, rows.inputs.data(), 2, outputs, 3)),
            "output \"ones\" needs 5 bytes, there is room for 4");
}

TEST(Session, InputsAreChecked) {
  OpenProgram program;
  Rows rows(5);
  auto prepared = [&](const std::vector<treadle_tensor> &inputs) {
    return messageOf(treadle_session_prepare(program.session, inputs.data(), inputs.size()));
  };
  std::vector<treadle_tensor> inputs = rows.inputs;
  EXPECT_EQ(prepared(inputs), "");
  EXPECT_EQ(prepared({inputs[0]}), "the program has 2 inputs, 1 were given");
  EXPECT_EQ(prepared({inputs[0], inputs[1], inputs[1]}), "the program has 2 inputs, 3 were given");
  EXPECT_EQ(messageOf(treadle_session_prepare(program.session, nullptr, 2)), "the program has 2 inputs, 2 were given");
  EXPECT_EQ(messageOf(treadle_session_prepare(program.session, inputs.data(), -1)),
            "the program has 2 inputs, -1 were given");

  inputs[1].dtype = TREADLE_F16;
  EXPECT_EQ(prepared(inputs), "input \"y\" is of f32, f16 was given");
  inputs[1].dtype = static_cast<treadle_dtype>(99);
  EXPECT_EQ(prepared(inputs), "input \"y\" is of f32, ? was given");
  inputs = rows.inputs;
  inputs[0].rank = 1;
  EXPECT_EQ(prepared(inputs), "input \"x\" has 2 dimensions, 1 were given");
  inputs[0].rank = -2;
  EXPECT_EQ(prepared(inputs), "input \"x\" has 2 dimensions, -2 were given");
  inputs = rows.inputs;
  inputs[0].dims = nullptr;
  EXPECT_EQ(prepared(inputs), "input \"x\" has 2 dimensions, 2 were given");
  inputs = rows.inputs;
  int64_t negative[] = {-1, 4}, wide[] = {5, 3}, more[] = {6, 4}, most[] = {(1 << 20) + 1, 4};
  inputs[0].dims = negative;
  EXPECT_EQ(prepared(inputs), "input \"x\" cannot have the shape [-1, 4]");
  inputs[0].dims = wide;
  EXPECT_EQ(prepared(inputs), "input \"x\" has the shape [5, 4], [5, 3] was given");
  inputs = rows.inputs;
  inputs[1].dims = more;
  EXPECT_EQ(prepared(inputs), "input \"y\" has the shape [5, 4], [6, 4] was given");
  inputs[0].dims = inputs[1].dims = most;
  EXPECT_EQ(prepared(inputs), "input \"x\": dimension 0 (n) is 1048577, it must be from 0 to 1048576");

  // After an error the session goes on.
  EXPECT_EQ(rows.run(program.session), "");
}

TEST(Session, DataIsChecked) {
  OpenProgram program;
  Rows rows(5);
  treadle_tensor outputs[3] = {};
  auto run = [&](std::vector<treadle_tensor> inputs, int32_t count = 3) {
    return messageOf(treadle_session_run(program.session, inputs.data(), inputs.size(), outputs, count));
  };
  std::vector<treadle_tensor> inputs = rows.inputs;
  inputs[1].data = nullptr;
  EXPECT_EQ(run(inputs), "input \"y\" has no data");
  inputs = rows.inputs;
  inputs[0].capacity = 79;
  EXPECT_EQ(run(inputs), "input \"x\" has 79 bytes, its shape needs 80");
  inputs[0].capacity = 80;
  EXPECT_EQ(run(inputs), "");
  EXPECT_EQ(run(inputs, 2), "the program has 3 outputs, 2 were given");
  EXPECT_EQ(messageOf(treadle_session_run(program.session, inputs.data(), 2, nullptr, 3)),
            "the program has 3 outputs, 3 were given");

  // Of no elements no data is needed.
  Rows none(0);
  for (treadle_tensor &input : none.inputs)
    input.data = nullptr;
  EXPECT_EQ(none.run(program.session), "");
}

TEST(Session, StepsAndChecksOfSymbols) {
  TestProgram description;
  description.symbols[0].min = 2;
  description.symbols[0].step = 2;
  description.checks = {{TestProgram::n, TestProgram::four, "Add \"a\": sizes differ"}};
  OpenProgram program(description);
  auto prepared = [&](int64_t count) {
    return messageOf(treadle_session_prepare(program.session, Rows(count).inputs.data(), 2));
  };
  EXPECT_EQ(prepared(4), "");
  EXPECT_EQ(prepared(3), "input \"x\": dimension 0 (n) is 3, it must be from 2 to 1048576 and a multiple of 2");
  EXPECT_EQ(prepared(0), "input \"x\": dimension 0 (n) is 0, it must be from 2 to 1048576 and a multiple of 2");
  EXPECT_EQ(prepared(6), "Add \"a\": sizes differ: 6 and 4 for these input shapes");
}

TEST(Session, OutputShapes) {
  OpenProgram program;
  treadle_tensor shape = {};
  EXPECT_EQ(messageOf(treadle_session_output_shape(program.session, 0, &shape)),
            "no shapes are settled; call treadle_session_prepare first");
  Rows rows(9);
  EXPECT_EQ(messageOf(treadle_session_prepare(program.session, rows.inputs.data(), 2)), "");
  EXPECT_EQ(messageOf(treadle_session_output_shape(program.session, 1, &shape)), "");
  EXPECT_EQ(shape.rank, 1);
  EXPECT_EQ(shape.dims[0], 9);
  EXPECT_EQ(shape.dtype, TREADLE_U8);
  for (int32_t index : {-1, 3})
    EXPECT_EQ(messageOf(treadle_session_output_shape(program.session, index, &shape)),
              "the program has 3 outputs, there is no number " + std::to_string(index));
}

TEST(Session, NegativeSizesAreRefused) {
  TestProgram description;
  description.exprs.push_back({Op::constant, 0, 0, -3});
  description.exprs.push_back({Op::add, TestProgram::n, 6, 0});
  description.outputs[1].dims = {7};
  description.buffers[3].bytes = 7;
  description.steps[2].bytes = 7;
  OpenProgram program(description);
  EXPECT_EQ(messageOf(treadle_session_prepare(program.session, Rows(2).inputs.data(), 2)),
            "output \"ones\" would have a dimension of -1 for these input shapes");
  EXPECT_EQ(messageOf(treadle_session_prepare(program.session, Rows(3).inputs.data(), 2)), "");
}

/// What preparing a changed program for three rows says.
std::string preparedWith(void (*change)(TestProgram &)) {
  TestProgram description;
  change(description);
  OpenProgram program(description);
  treadle_error *error = treadle_session_prepare(program.session, Rows(3).inputs.data(), 2);
  EXPECT_NE(treadle_error_code(error), TREADLE_OK);
  return messageOf(error);
}

TEST(Session, PlacesMustFit) {
  EXPECT_EQ(preparedWith([](TestProgram &p) { p.steps[3].slices[0] = {6, TestProgram::four}; }),
            "damaged: step 3 reaches beyond its memory");
  EXPECT_EQ(preparedWith([](TestProgram &p) { p.steps[2].bytes = TestProgram::four; }),
            "damaged: step 2 reaches beyond its memory");
  EXPECT_EQ(preparedWith([](TestProgram &p) {
              p.exprs.push_back({Op::constant, 0, 0, -64});
              p.steps[0].slices[2] = {6, 6};
            }),
            "damaged: step 0 reaches beyond its memory");
  EXPECT_EQ(preparedWith([](TestProgram &p) { p.buffers[3].bytes = TestProgram::four; }),
            "damaged: buffer 3 is larger than what it stands for");
  EXPECT_EQ(preparedWith([](TestProgram &p) { p.buffers[0].bytes = 6, p.exprs.push_back({Op::constant, 0, 0, 49}); }),
            "damaged: buffer 0 is larger than what it stands for");
  EXPECT_EQ(preparedWith([](TestProgram &p) { p.buffers[5].bytes = 6, p.exprs.push_back({Op::constant, 0, 0, 17}); }),
            "damaged: buffer 5 is larger than what it stands for");
  EXPECT_EQ(preparedWith([](TestProgram &p) { p.buffers[6].bytes = 6, p.exprs.push_back({Op::constant, 0, 0, -1}); }),
            "these shapes make a tensor of -1 bytes");
}

// ---- sizes that no memory has ----------------------------------------------------------------

TEST(Session, SizesThatOverflow) {
  EXPECT_EQ(preparedWith([](TestProgram &p) {
              p.exprs.push_back({Op::constant, 0, 0, INT64_MAX / 2});
              p.exprs.push_back({Op::mul, TestProgram::n, 6, 0});
            }),
            "these shapes are too large, or make a size that is not positive");
  // Each fits, all of them do not.
  EXPECT_EQ(preparedWith([](TestProgram &p) {
              p.exprs.push_back({Op::constant, 0, 0, INT64_MAX / 4});
              for (int i = 0; i < 9; ++i)
                p.buffers.push_back({format::Space::arena, 6, 0, 0, 3});
            }),
            "these shapes are too large: intermediate values do not fit any memory");
  // Scratch of all workers.
  for (int64_t scratch : {int64_t(1) << 62, INT64_MAX, INT64_MAX - 4095, int64_t(-1), INT64_MIN}) {
    TestProgram description;
    description.executables[0].entries[0].exprs[1] = {Op::constant, 0, 0, scratch};
    treadle_session_options options = {};
    options.threads = 4;
    OpenProgram program(description, &options);
    treadle_error *error = treadle_session_prepare(program.session, Rows(3).inputs.data(), 2);
    EXPECT_EQ(treadle_error_code(error), scratch > 0 ? TREADLE_OUT_OF_MEMORY : TREADLE_DAMAGED) << scratch;
    treadle_error_free(error);
  }
  EXPECT_EQ(preparedWith([](TestProgram &p) {
              p.executables[0].entries[0].exprs.push_back({Op::constant, 0, 0, INT64_MAX / 2});
              p.executables[0].entries[0].grid = {0, 2};
            }),
            "these shapes are too large");
}

TEST(Session, MemoryLimitCountsScratchOfEachWorker) {
  treadle_session_options options = {};
  options.threads = 4;
  options.memory_limit = 64 + 4 * 4096 - 1;
  OpenProgram program({}, &options);
  EXPECT_EQ(messageOf(treadle_session_prepare(program.session, Rows(1).inputs.data(), 2)),
            "these shapes need 16448 bytes of memory, the limit is 16447");
}

TEST(Session, MemoryLimit) {
  treadle_session_options options = {};
  options.threads = 1;
  options.memory_limit = 100000;
  OpenProgram program({}, &options);
  EXPECT_EQ(Rows(1000).run(program.session), "");
  EXPECT_LE(treadle_session_memory(program.session), 100000u);
  EXPECT_GE(treadle_session_memory(program.session), 16000u);
  Rows many(7000);
  treadle_error *error = treadle_session_prepare(program.session, many.inputs.data(), 2);
  EXPECT_EQ(treadle_error_code(error), TREADLE_OUT_OF_MEMORY);
  EXPECT_EQ(messageOf(error), "these shapes need 112000 bytes of memory, the limit is 100000");
  EXPECT_EQ(Rows(1000).run(program.session), "");
}

// ---- memory and threads of the app's own -----------------------------------------------------

struct Accountant {
  std::map<void *, size_t> blocks;
  size_t most = SIZE_MAX; // more in one block is refused
  bool isWrong = false;
  treadle_allocator allocator = {this,
                                 [](void *user, size_t bytes, size_t alignment) -> void * {
                                   auto *self = static_cast<Accountant *>(user);
                                   if (bytes > self->most)
                                     return nullptr;
                                   void *block = std::aligned_alloc(alignment, bytes);
                                   self->blocks[block] = bytes;
                                   return block;
                                 },
                                 [](void *user, void *data, size_t bytes) {
                                   auto *self = static_cast<Accountant *>(user);
                                   auto block = self->blocks.find(data);
                                   if (block == self->blocks.end() || block->second != bytes) {
                                     self->isWrong = true;
                                     return;
                                   }
                                   self->blocks.erase(block);
                                   std::free(data);
                                 }};
};

TEST(Session, OwnAllocator) {
  Accountant accountant;
  treadle_session_options options = {};
  options.allocator = &accountant.allocator;
  {
    OpenProgram program({}, &options);
    for (int64_t count : {10, 1000, 3, 5000, 1})
      EXPECT_EQ(Rows(count).run(program.session), "");
    EXPECT_GE(accountant.blocks.size(), 4u); // arena, scratch, outputs
    accountant.most = 10000;
    Rows many(100000);
    treadle_error *error = treadle_session_prepare(program.session, many.inputs.data(), 2);
    EXPECT_EQ(messageOf(error), "no memory for 1600000 bytes of intermediate values");
    EXPECT_EQ(Rows(10).run(program.session), "");
  }
  EXPECT_TRUE(accountant.blocks.empty());
  EXPECT_FALSE(accountant.isWrong);
}

TEST(Session, OwnPool) {
  struct Pool {
    int64_t runs = 0, tasks = 0;
    bool isWrong = false;
  } counts;
  treadle_pool pool = {&counts, 3,
                       [](void *user, int64_t count, void (*task)(void *, int64_t, int32_t), void *context) {
                         auto *self = static_cast<Pool *>(user);
                         ++self->runs;
                         self->tasks += count;
                         for (int64_t i = count - 1; i >= 0; --i)
                           task(context, i, static_cast<int32_t>(i % 3));
                       }};
  treadle_session_options options = {};
  options.pool = &pool;
  OpenProgram program({}, &options);
  EXPECT_EQ(Rows(10).run(program.session), "");
  EXPECT_EQ(counts.runs, 2);
  EXPECT_EQ(counts.tasks, 20);
  EXPECT_EQ(Rows(0).run(program.session), "");
  EXPECT_EQ(counts.tasks, 20);
}

TEST(Session, SeveralAtOnce) {
  OpenProgram program;
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&, user] {
      treadle_session_options options = {};
      options.threads = 1 + user;
      treadle_session *session = nullptr;
      treadle_error *error = treadle_session_create(program.program, &options, &session);
      wrong += error != nullptr;
      treadle_error_free(error);
      for (int round = 0; session && round < 200; ++round)
        wrong += !Rows((round * 7 + user) % 50).run(session).empty();
      treadle_session_close(session);
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Session, OutlivesTheProgram) {
  OpenProgram program;
  treadle_program_close(program.program);
  program.program = nullptr;
  EXPECT_EQ(Rows(5).run(program.session), "");
}

// ---- looking inside --------------------------------------------------------------------------

struct Seen {
  std::vector<std::string> names;
  std::vector<std::vector<int64_t>> dims;
  std::vector<std::vector<int32_t>> permutations;
  std::vector<float> first;
  size_t stopAfter = SIZE_MAX;

  static int observe(void *user, int32_t step, const char *name, const treadle_tensor *value,
                     const int32_t *permutation) {
    auto *self = static_cast<Seen *>(user);
    self->names.push_back(std::to_string(step) + " " + name);
    self->dims.emplace_back(value->dims, value->dims + value->rank);
    self->permutations.emplace_back(permutation, permutation + value->rank);
    self->first.push_back(static_cast<const float *>(value->data)[0]);
    return self->names.size() >= self->stopAfter;
  }
};

TEST(Session, Observer) {
  OpenProgram program;
  Seen seen;
  treadle_session_observe(program.session, Seen::observe, &seen);
  Rows rows(3);
  EXPECT_EQ(rows.run(program.session), "");
  EXPECT_THAT(seen.names, ElementsAre("0 shifted", "1 sum"));
  EXPECT_THAT(seen.dims, ElementsAre(ElementsAre(3, 4), ElementsAre(3, 4)));
  EXPECT_THAT(seen.permutations, ElementsAre(ElementsAre(1, 0), ElementsAre(0, 1)));
  EXPECT_THAT(seen.first, ElementsAre(rows.copy[0], rows.sum[0]));

  seen.stopAfter = 3;
  treadle_tensor outputs[3] = {};
  treadle_error *error = treadle_session_run(program.session, rows.inputs.data(), 2, outputs, 3);
  EXPECT_EQ(treadle_error_code(error), TREADLE_CANCELLED);
  EXPECT_EQ(messageOf(error), "stopped by the observer");
  EXPECT_EQ(outputs[0].data, nullptr);

  treadle_session_observe(program.session, nullptr, nullptr);
  EXPECT_EQ(rows.run(program.session), "");
  EXPECT_EQ(seen.names.size(), 3u);
}

TEST(Session, Cancel) {
  OpenProgram program;
  Rows rows(3);
  treadle_session_cancel(program.session); // of no run: the next begins anew
  EXPECT_EQ(rows.run(program.session), "");
  treadle_session_observe(
      program.session,
      [](void *user, int32_t, const char *, const treadle_tensor *, const int32_t *) {
        treadle_session_cancel(static_cast<treadle_session *>(user));
        return 0;
      },
      program.session);
  treadle_tensor outputs[3] = {};
  treadle_error *error = treadle_session_run(program.session, rows.inputs.data(), 2, outputs, 3);
  EXPECT_EQ(treadle_error_code(error), TREADLE_CANCELLED);
  EXPECT_EQ(messageOf(error), "cancelled");
}

} // namespace
