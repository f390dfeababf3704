package quiz

import (
	"encoding/json"
	"fmt"

	"fairground/games/game"
)

// seen is what everybody may see of a run: the question that is asked now, never an answer.
type seen struct {
	A        string   `json:"a"` // the options; empty where there is none
	Acts     []string `json:"acts"`
	B        string   `json:"b"`
	C        string   `json:"c"`
	D        string   `json:"d"`
	Left     int64    `json:"left"`   // seconds, rounded up
	Number   int      `json:"number"` // from 1
	Of       int      `json:"of"`
	Over     bool     `json:"over"`
	Question string   `json:"question"`
	Slot     int      `json:"slot"`
}

// Shown implements game.Live.
func (r rules) Shown(_ game.Opening, out game.Outcome, atMS int64) (json.RawMessage, error) {
	c, err := r.asked(out)
	if err != nil {
		return nil, err
	}
	span, last := r.questionMS(), int64(r.config.Questions-1)
	n := min(max(0, atMS)/span, last)
	q := c.Questions[n]
	s := seen{Acts: []string{}, Number: int(n) + 1, Of: r.config.Questions, Over: atMS >= (last+1)*span, Question: q.Question, Slot: int(n)}
	for i, option := range q.Options {
		*[]*string{&s.A, &s.B, &s.C, &s.D}[i] = option
		if !s.Over {
			s.Acts = append(s.Acts, letters[i:i+1])
		}
	}
	if !s.Over {
		s.Left = ((n+1)*span - max(0, atMS) + 999) / 1000
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write what is seen of a quiz: %w", err)
	}
	return raw, nil
}

// report is what is told of a round that is over.
type report struct {
	Mode      mode     `json:"mode"`
	Pot       int64    `json:"pot"`
	Questions []answer `json:"questions"`
	Refunded  bool     `json:"refunded"` // nobody knew enough
	Winners   int      `json:"winners"`
}

type answer struct {
	Letter   string `json:"letter"`
	Number   int    `json:"number"`
	Question string `json:"question"`
	Right    int    `json:"right"` // how many knew it
	Text     string `json:"text"`
}

// Report implements game.Reporter.
func (r rules) Report(_ game.Opening, out game.Outcome, bets []game.Bet, acts []game.Act) (json.RawMessage, error) {
	t, err := r.score(out, bets, acts)
	if err != nil {
		return nil, err
	}
	c, err := r.asked(out)
	if err != nil {
		return nil, err
	}
	rep := report{Mode: r.config.Mode, Pot: t.pot, Questions: make([]answer, len(c.Questions))}
	for i, q := range c.Questions {
		rep.Questions[i] = answer{Letter: q.Answer, Number: i + 1, Question: q.Question, Right: len(t.right[i]), Text: q.Options[answerIndex(q.Answer)]}
	}
	shares := t.shares(r.config.Mode)
	rep.Winners, rep.Refunded = len(shares), len(shares) == 0
	raw, err := json.Marshal(rep)
	if err != nil {
		return nil, fmt.Errorf("write the report of a quiz: %w", err)
	}
	return raw, nil
}
