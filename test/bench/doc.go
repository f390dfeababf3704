// Command bench measures the hot paths against their raw limits in the same run and writes
// docs/benchmarks.md and test/bench/results.json.
//
// What lives here: the measurements and their report. What may not: assertions on time.
package main
