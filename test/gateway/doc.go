// Package gateway is the reference server of the generic protocol in docs/gateways.md: the shortest processor that does
// everything the protocol asks for. Read it beside the document when you write the server's side for a processor.
//
// It keeps everything in memory, pays at once and knows no faults; for those there is the sandbox. It shares no code with
// either side, so that agreement with it means agreement with the document.
package gateway
