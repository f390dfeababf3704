// Package web holds the pages that the product serves, embedded.
//
// What lives here: static files and their embedding. What may not: handlers, rules, templates
// filled on the server.
package web
