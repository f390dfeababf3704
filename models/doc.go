// Package models says what is stored: one noun per file, plain rows and status enums.
//
// What lives here: row types with their gorm tags and the shared error vocabulary.
// What may not: hooks, queries, rules, I/O.
package models
