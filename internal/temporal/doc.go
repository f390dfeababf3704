// Package temporal connects the product to a Temporal service: client options from the
// environment, the logger and metrics adapters, tracing, and the search attributes that make a
// run readable in the web UI.
//
// No workflow, activity or rule of the product lives here.
package temporal
