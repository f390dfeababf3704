// Command specjoin joins the parts of an OpenAPI document into the one that is served and generated from.
//
// What lives here: the joining, by whole lines, so that comments and order stay as they were written. What may not: any
// knowledge of what the document says.
package main
