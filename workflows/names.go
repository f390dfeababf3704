package workflows

// QueueRounds is the task queue of Round and its activities.
const QueueRounds = "rounds"

// The messages of Round. Once a run is under way these names may not change.
const (
	SignalCloseEarly = "close-early" // no payload: the round is full
	SignalExtend     = "extend"      // Extend
	SignalCancel     = "cancel"      // Cancel
	QueryState       = "state"       // answers RoundState
)

// RoundID is the workflow id of a round.
func RoundID(round string) string { return "round:" + round }
