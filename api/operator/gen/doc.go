// Package gen is generated from api/openapi/operator by go generate ./api: request and
// response types and the routing of the strict server. Nothing here is written by hand but this
// file.
package gen
