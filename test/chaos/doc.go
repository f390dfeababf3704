// Package chaos kills the processes of a whole stack in the middle of rounds and then checks
// what was promised: every acknowledged bet is in the ledger once, every round ends, the audit
// is clean and nothing is left running. The gateway storm does the same to payouts: what the
// gateway paid is what the ledger paid, and every other hold went back.
//
// What lives here: tests of the built binary. `go test` kills each part once; with the build
// tag chaos each dies ten times, at moments that -chaos.seed repeats. What may not: any rule
// of the product.
package chaos
