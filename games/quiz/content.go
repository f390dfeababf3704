package quiz

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"fairground/games/game"
)

// asked is one question of a round: what the content of an outcome is made of.
type asked struct {
	Answer   string   `json:"answer"`
	Index    int      `json:"index"` // its place in the bank
	Options  []string `json:"options"`
	Path     []string `json:"path"`
	Question string   `json:"question"`
	Salt     string   `json:"salt"`
}

type content struct {
	Questions []asked `json:"questions"`
}

func (a asked) question() Question {
	return Question{Answer: a.Answer, Options: a.Options, Question: a.Question, Salt: a.Salt}
}

// OwnBank implements game.Stocked.
func (r rules) OwnBank(game.Opening) (json.RawMessage, bool) {
	if r.config.Bank != OwnBank {
		return nil, false
	}
	return embedded("bank.json"), true
}

// Pick implements game.Banked.
func (r rules) Pick(_ game.Opening, out game.Outcome, raw json.RawMessage) (json.RawMessage, error) {
	d, err := r.read(out)
	if err != nil {
		return nil, err
	}
	bank, err := Read(raw)
	if err != nil {
		return nil, err
	}
	if len(bank) != r.config.BankSize || Hash(bank) != r.config.BankHash {
		return nil, errors.New("the config commits to another bank")
	}
	rows := tree(bank)
	c := content{Questions: make([]asked, len(d.Questions))}
	for i, index := range d.Questions {
		q := bank[index]
		c.Questions[i] = asked{Answer: q.Answer, Index: index, Options: q.Options, Path: path(rows, index), Question: q.Question, Salt: q.Salt}
	}
	picked, err := json.Marshal(c)
	if err != nil {
		return nil, errors.New("write the questions of a round")
	}
	return picked, nil
}

// CheckContent implements game.Banked.
func (r rules) CheckContent(_ game.Opening, out game.Outcome) error {
	d, err := r.read(out)
	if err != nil {
		return err
	}
	c, err := r.asked(out)
	if err != nil {
		return err
	}
	for i, a := range c.Questions {
		if a.Index != d.Questions[i] {
			return fmt.Errorf("question %d is number %d of the bank, not %d that was drawn", i, a.Index, d.Questions[i])
		}
		if err := a.question().stored(); err != nil {
			return fmt.Errorf("question %d: %w", i, err)
		}
		hash, err := climb(a.question(), a.Index, r.config.BankSize, a.Path)
		if err != nil {
			return fmt.Errorf("question %d: %w", i, err)
		}
		if hash != r.config.BankHash {
			return fmt.Errorf("question %d is not of the bank that the config commits to", i)
		}
	}
	return nil
}

// read reads what was drawn.
func (r rules) read(out game.Outcome) (drawn, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return d, fmt.Errorf("read the draw: %w", err)
	}
	if len(d.Questions) != r.config.Questions {
		return d, fmt.Errorf("a round has %d questions, not %d", r.config.Questions, len(d.Questions))
	}
	for _, index := range d.Questions {
		if index < 0 || index >= r.config.BankSize {
			return d, fmt.Errorf("the bank has no question %d", index)
		}
	}
	return d, nil
}

// asked reads the content. Its errors quote nothing.
func (r rules) asked(out game.Outcome) (content, error) {
	var c content
	dec := json.NewDecoder(bytes.NewReader(out.Content))
	dec.DisallowUnknownFields()
	if dec.Decode(&c) != nil || len(c.Questions) != r.config.Questions {
		return c, errors.New("the content is not the questions of the round")
	}
	for i, a := range c.Questions {
		if n := len(a.Options); n > len(letters) || answerIndex(a.Answer) < 0 || answerIndex(a.Answer) >= n {
			return c, fmt.Errorf("question %d of the content has no answer among its options", i)
		}
	}
	return c, nil
}
