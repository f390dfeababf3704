// Package kyc is the port to identity providers: what a provider is asked, what it tells, and the catalogue's shape.
//
// What lives here: the Provider interface, its values and errors. What may not: storage, the tenant's settings at rest,
// any decision about who may play. Each folder below is one provider; kyctest holds all of them to the same rules.
package kyc
