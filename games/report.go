package games

import (
	"slices"

	"fairground/models"
)

// CheckStatus is what a check of a proof came to.
type CheckStatus string

// The results of a check.
const (
	CheckOK      CheckStatus = "ok"
	CheckFailed  CheckStatus = "failed"
	CheckSkipped CheckStatus = "skipped" // something it builds on failed
	CheckPending CheckStatus = "pending" // the round has not come so far
)

// CheckName is the stable name of a check of a proof.
type CheckName string

// The checks of a proof, in the order in which they are made.
const (
	CheckFormat     CheckName = "format"
	CheckConfigHash CheckName = "config_hash"
	CheckParams     CheckName = "params"
	CheckBets       CheckName = "bets"
	CheckCommit     CheckName = "commit"
	CheckClientSeed CheckName = "client_seed"
	CheckDraw       CheckName = "draw"
	CheckContent    CheckName = "content"
	CheckActs       CheckName = "acts"
	CheckPayouts    CheckName = "payouts"
	CheckSums       CheckName = "sums"
	CheckHash       CheckName = "hash"
	CheckJackpot    CheckName = "jackpot"
)

// Check is one thing that was recomputed from a proof.
type Check struct {
	Name     CheckName   `json:"name"`
	Title    string      `json:"title"` // one plain English line
	Status   CheckStatus `json:"status"`
	Detail   string      `json:"detail,omitempty"`   // why it is not ok, or what it can't show
	Expected string      `json:"expected,omitempty"` // recomputed here
	Got      string      `json:"got,omitempty"`      // as the proof says
}

// Report is what verifying a proof found.
type Report struct {
	Round  string  `json:"round"`
	Game   string  `json:"game"`
	Final  bool    `json:"final"` // the round is over, so that every check can be made
	Checks []Check `json:"checks"`
}

// OK says whether the round is over and every check came out right, but that of the chain when its published list was not at hand.
func (r Report) OK() bool {
	return r.Final && !slices.ContainsFunc(r.Checks, func(c Check) bool {
		return c.Status != CheckOK && (c.Name != CheckChain || c.Status != CheckPending)
	})
}

// Failed lists the checks that came out wrong.
func (r Report) Failed() []CheckName {
	var failed []CheckName
	for _, c := range r.Checks {
		if c.Status == CheckFailed {
			failed = append(failed, c.Name)
		}
	}
	return failed
}

// title says what a check of this proof is about.
func (v *verifier) title(name CheckName) string {
	switch {
	case name == CheckActs && v.live():
		return "Every act was made in its time, and once"
	case name == CheckDraw && v.outside() && v.proof.Status != models.RoundVoided:
		return "The outcome follows from what the chat's dice showed"
	default:
		return checkTitle(name, v.proof.Status)
	}
}

// checkTitle says what a check is about. In a voided round nothing is drawn and all is refunded.
func checkTitle(name CheckName, status models.RoundStatus) string {
	if status == models.RoundVoided && name == CheckDraw {
		return "Nothing was drawn"
	}
	if status == models.RoundVoided && name == CheckPayouts {
		return "Every stake went back"
	}
	switch name {
	case CheckFormat:
		return "The proof is of a kind and a game known here"
	case CheckConfigHash:
		return "The published rules are the ones that were fixed"
	case CheckParams:
		return "The rules allow the round as it was opened"
	case CheckBets:
		return "The rules allow every bet"
	case CheckCommit:
		return "The server's seed is the one it committed to"
	case CheckBeacon:
		return "The public randomness is its network's own, and came after betting"
	case CheckChain:
		return "The commitment stands in the chain that was published before"
	case CheckClientSeed:
		return "Every player's seed went into the draw"
	case CheckDraw:
		return "The outcome follows from the seeds"
	case CheckContent:
		return "The content is what the draw chose from the bank that was fixed"
	case CheckActs:
		return "Every share was taken once, by one player"
	case CheckPayouts:
		return "Every payout follows from the outcome"
	case CheckSums:
		return "Stakes, payouts and the house add up"
	case CheckHash:
		return "The settlement is the one that was sealed"
	case CheckJackpot:
		return "The pot was fed and drawn by its rules"
	default:
		return string(name)
	}
}
