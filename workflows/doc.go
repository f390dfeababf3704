// Package workflows holds the product's business processes, one a file, and how the rest of the
// product reaches them: names, workflow ids, task queues and message types.
//
// A workflow decides what happens when; activities do it. So there is no I/O, no clock of the
// machine, no randomness and no domain call in here.
package workflows
