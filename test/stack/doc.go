// Package stack runs the built program as its users do: `fairground up` in a folder of its own,
// with every service a child process, for tests and benchmarks that need the whole thing.
//
// What lives here: starting, finding and stopping it. What may not: assertions.
package stack
