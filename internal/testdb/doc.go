// Package testdb gives each test a fresh, migrated Postgres database of its own.
//
// What lives here: the template database, its clones, and a private server for machines
// where DATABASE_URL is not set. What may not: fixtures; those belong to the rooms.
package testdb
