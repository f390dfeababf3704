// Package kyctest holds every identity provider to the same rules.
//
// What lives here: the conformance suite. What may not: anything that one provider alone does.
package kyctest
