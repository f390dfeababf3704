// Package operator answers the endpoints of api/openapi/operator: staff, reviews, the
// cashier and players as operators see them.
//
// What lives here: binding to domain calls, finding things by their public ids within the
// operator's tenant, rendering. What may not: SQL, rules, HTTP plumbing, and the question whether
// the caller may: api's middleware answers it from the document, and the database once more.
package operator
