// Package cashier moves money in and out: deposits, withdrawals and their review, payout addresses, policies, gateway
// accounts, adjustments, incidents.
//
// What lives here: the state machines and the checks of what may happen. Every act is one function of the database in one
// transaction with its money, its history, its notices and its event; calls to gateways happen between transactions. What
// may not: the protocols of gateways (cashier/gateway), timers (workflows), message texts (bot), and any act of an operator
// that the database has not let through by itself.
package cashier
