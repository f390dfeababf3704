// Package sandbox is the identity provider of trials and tests: a page whose buttons decide. Handler serves the page and sends
// the signed callback; the provider makes the page's address and reads the callback.
//
// What lives here: both sides of the sandbox's protocol, without any state. What may not: anything a real person relies on.
package sandbox
