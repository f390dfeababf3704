// Package player answers the player and public endpoints of api/openapi/player.
//
// What lives here: binding to domain calls, the check that the caller belongs to the group, and
// rendering with public ids. What may not: SQL, rules, HTTP plumbing, and any Telegram id or
// name in an answer.
package player
