// Package worker runs what nobody waits for: the workflows and their activities, the relay that
// hands events on, and the sweep that finds rounds without a workflow.
//
// It registers and tunes. No rule and no SQL lives here.
package worker
