// Package gatewaytest is the suite that every gateway must pass: Run pays, loses answers, forges callbacks and reads the
// statement, and checks that no key is ever paid twice, that doubt is never called a failure, that amounts are exact and
// that no error carries a secret.
//
// What lives here: what holds for every gateway, by the capabilities its Info tells. What may not: one kind's protocol.
package gatewaytest
