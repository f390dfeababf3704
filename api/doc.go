// Package api serves Fairground over HTTP: the player and public endpoints of openapi/player,
// their reference at /docs, the verify page, health and metrics.
//
// What lives here: the server, its middleware, the check of requests against the document and
// the rendering of errors. The handlers live in api/player, the generated code in api/gen. What
// may not: SQL, rules, Telegram, Temporal workflows' inner workings.
package api

//go:generate env GOWORK=off go run fairground/internal/specjoin openapi/player gen/openapi.yaml
//go:generate env GOWORK=off go run fairground/internal/specjoin openapi/operator operator/gen/openapi.yaml
//go:generate env GOWORK=off go tool -modfile=../tools/oapi/go.mod oapi-codegen -config oapi-codegen.yaml gen/openapi.yaml
//go:generate env GOWORK=off go tool -modfile=../tools/oapi/go.mod oapi-codegen -config oapi-codegen.operator.yaml operator/gen/openapi.yaml
