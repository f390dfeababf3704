// Package worker runs what nobody waits for: the workflows and their activities, the relay that
// hands events on, the sweep that finds rounds without a workflow, the schedule of the audit and the
// looks at intents whose time is over. A withdrawal without a workflow is left to the audit and to a
// person.
//
// It registers and tunes. No rule and no SQL lives here.
package worker
