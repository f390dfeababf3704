package quiz_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games/game"
	"fairground/games/game/gametest"
	"fairground/games/quiz"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	bank, err := os.ReadFile("bank.json")
	require.NoError(t, err)
	gametest.RunWith(t, quiz.New(), gametest.Setup{Bank: bank, Twin: twin})
}

// twin is a round with the same questions up to the one that is asked at a moment, other answers, and other questions after it.
func twin(open game.Opening, out game.Outcome, atMS int64) game.Outcome {
	var p struct{ Seconds int64 }
	var c struct {
		Questions []struct {
			Answer   string   `json:"answer"`
			Index    int      `json:"index"`
			Options  []string `json:"options"`
			Path     []string `json:"path"`
			Question string   `json:"question"`
			Salt     string   `json:"salt"`
		} `json:"questions"`
	}
	if json.Unmarshal(open.Params, &p) != nil || json.Unmarshal(out.Content, &c) != nil {
		return game.Outcome{}
	}
	for i := range c.Questions {
		q := &c.Questions[i]
		q.Salt, q.Path, q.Index = "", nil, 0
		if q.Answer == "a" {
			q.Answer = "b"
		} else {
			q.Answer = "a"
		}
		if int64(i) > atMS/(p.Seconds*1000) {
			q.Question, q.Options = "another", []string{"this", "that"}
		}
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return game.Outcome{}
	}
	out.Content = raw
	return out
}
