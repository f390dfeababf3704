package models

// KYCStatus is how far the check of a player's identity came.
type KYCStatus string

// The states of an identity check.
const (
	KYCNone     KYCStatus = "none"     // never started
	KYCPending  KYCStatus = "pending"  // the provider or a person has to decide
	KYCApproved KYCStatus = "approved" // until it expires
	KYCRejected KYCStatus = "rejected"
	KYCExpired  KYCStatus = "expired" // was approved too long ago
)
