package providersim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// state is how far a game is told to the wallet.
type state string

const (
	betting state = "betting" // the bet may have arrived
	drawn   state = "drawn"   // the bet was taken, and the coin has fallen: the win is owed, also one of 0
	undoing state = "undoing" // nobody knows whether the bet arrived: its rollback is owed
	over    state = "over"
)

// toss is one game.
type toss struct {
	ID       string `json:"id"` // names the round
	State    state  `json:"state"`
	Token    string `json:"token"`
	Player   string `json:"player"`
	Asset    string `json:"asset"`
	Stake    int64  `json:"stake"` // minor units
	Side     string `json:"side"`
	Fell     string `json:"fell,omitempty"`
	Won      int64  `json:"won,omitempty"` // minor units
	busy     bool   // in a request's hands
	failures int
	next     time.Time // of the delivery
}

func (t toss) bet() string  { return "bet-" + t.ID }
func (t toss) win() string  { return "win-" + t.ID }
func (t toss) undo() string { return "undo-" + t.ID }

// journal keeps the games that are not over. Every change is a line of the file, written before anything else happens.
type journal struct {
	file *os.File
	open map[string]*toss
}

func openJournal(path string) (*journal, error) {
	j := &journal{open: map[string]*toss{}}
	if path == "" {
		return j, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the file the person named
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("providersim: read the journal: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var t toss
		if json.Unmarshal(lines.Bytes(), &t) != nil {
			continue // the last line of a run that was killed; what it was about had not happened yet
		}
		j.keep(t)
	}
	for _, t := range j.open {
		if t.State == betting { // killed before an answer was written down
			t.State = undoing
		}
	}
	j.file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // as above
	if err != nil {
		return nil, fmt.Errorf("providersim: open the journal: %w", err)
	}
	if n := len(text); n > 0 && text[n-1] != '\n' {
		if _, err := j.file.WriteString("\n"); err != nil {
			return nil, fmt.Errorf("providersim: repair the journal: %w", err)
		}
	}
	return j, nil
}

func (j *journal) keep(t toss) {
	if t.State == over {
		delete(j.open, t.ID)
		return
	}
	j.open[t.ID] = &t
}

// write notes a game's state.
func (j *journal) write(t toss) error {
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("providersim: write the journal: %w", err)
	}
	if j.file != nil {
		if _, err := j.file.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("providersim: write the journal: %w", err)
		}
	}
	j.keep(t)
	return nil
}

// list is a copy of what is open, in the order of names.
func (j *journal) list() []toss {
	var all []toss
	for _, t := range slices.SortedFunc(maps.Values(j.open), func(a, b *toss) int { return strings.Compare(a.ID, b.ID) }) {
		all = append(all, *t)
	}
	return all
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("providersim: close the journal: %w", err)
	}
	return nil
}
