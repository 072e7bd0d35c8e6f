// RUN: treadle-opt %s --treadle-compile-executables --split-input-file --verify-diagnostics
// The target that an executable names compiles it; there must be one.

// expected-error @+1 {{is for the target abacus, which this compiler does not have}}
program.executable @abacus_wooden attributes {treadle.target = {name = "abacus", variant = "wooden"}} {
}

// -----

// The target's own passes run: what they have to say is said.
// expected-error @+1 {{is for a CPU that is not in Chips.def, "x86-64-v9"}}
program.executable @cpu attributes {treadle.target = {name = "cpu", variant = "x86-64-v9"}} {
}
