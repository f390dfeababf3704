// Package gateway is the door between the cashier and those who carry money in and out: the Gateway interface, its types
// and its errors. Each kind of gateway is a folder beside this file, and gatewaytest is the suite that each one passes.
//
// A gateway speaks its protocol and knows no room: no database, no player, no ledger. Amounts are int64 minor units with
// their scale (the number of decimal places), never floats; times are UTC. No error and no log line carries a secret.
package gateway
