package quiz_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/quiz"
)

type banked interface {
	game.Banked
	game.Live
	game.Reporter
}

// bankOf makes a bank of a size; the answer of question i is the letter i mod 4.
func bankOf(t require.TestingT, size int) (json.RawMessage, string) {
	questions := make([]quiz.Question, size)
	for i := range questions {
		questions[i] = quiz.Question{
			Question: fmt.Sprintf("Question %d?", i), Options: []string{"w", "x", "y", "z"}, Answer: string("abcd"[i%4]), Salt: fmt.Sprintf("%032x", i),
		}
	}
	raw, err := json.Marshal(questions)
	require.NoError(t, err)
	read, err := quiz.Read(raw)
	require.NoError(t, err)
	return raw, quiz.Hash(read)
}

func rules(t require.TestingT, mode, hash string, size, questions int) banked {
	r, err := quiz.New().Parse(fmt.Appendf(nil, `{"window_seconds":30,"entry":10,"min_players":2,"bank":"house","bank_hash":%q,"bank_size":%d,"questions":%d,"seconds":10,"mode":%q}`,
		hash, size, questions, mode))
	require.NoError(t, err)
	b, ok := r.(banked)
	require.True(t, ok)
	return b
}

func drawn(t require.TestingT, r banked, bank json.RawMessage, nonce uint64) game.Outcome {
	out, err := r.Draw(game.Opening{}, fairness.NewStream(fairness.Seed{4}, "quiz", nonce))
	require.NoError(t, err)
	out.Content, err = r.Pick(game.Opening{}, out, bank)
	require.NoError(t, err)
	return out
}

func TestEveryQuestionOfEveryBankProvesItself(t *testing.T) {
	t.Parallel()
	for size := 1; size <= 33; size++ {
		bank, hash := bankOf(t, size)
		r := rules(t, "first", hash, size, min(size, 30))
		for nonce := range uint64(3) {
			require.NoError(t, r.CheckContent(game.Opening{}, drawn(t, r, bank, nonce)))
		}
	}
}

// TestEveryOrderIsEquallyLikely counts the 12 ordered pairs of 4 questions with fixed seeds.
func TestEveryOrderIsEquallyLikely(t *testing.T) {
	t.Parallel()
	const each = 1000
	_, hash := bankOf(t, 4)
	r, counts := rules(t, "first", hash, 4, 2), map[string]float64{}
	for n := range uint64(12 * each) {
		out, err := r.Draw(game.Opening{}, fairness.NewStream(fairness.Seed{5}, "order", n))
		require.NoError(t, err)
		counts[string(out.Data)]++
	}
	require.Len(t, counts, 12)
	chi := 0.0
	for _, c := range counts {
		chi += (c - each) * (c - each) / each
	}
	require.Less(t, chi, 31.3, "11 degrees of freedom, 1 in 1,000")
}

func TestForgedContentIsRefused(t *testing.T) {
	t.Parallel()
	bank, hash := bankOf(t, 13)
	r := rules(t, "first", hash, 13, 3)
	out := drawn(t, r, bank, 1)
	var c struct {
		Questions []map[string]any `json:"questions"`
	}
	for name, forge := range map[string]func(q map[string]any){
		"another answer": func(q map[string]any) {
			q["answer"] = map[any]string{"a": "b", "b": "a", "c": "a", "d": "a"}[q["answer"]]
		},
		"another question": func(q map[string]any) { q["question"] = "Question 99?" },
		"another option":   func(q map[string]any) { q["options"] = []string{"w", "x", "y", "zz"} },
		"another salt":     func(q map[string]any) { q["salt"] = strings.Repeat("0f", 16) },
		"another place":    func(q map[string]any) { q["index"] = 0 },
		"no path":          func(q map[string]any) { q["path"] = []string{} },
		"a long path":      func(q map[string]any) { q["path"] = slices.Repeat([]string{strings.Repeat("00", 32)}, 9) },
		"two lines":        func(q map[string]any) { q["question"] = "a\nb" },
		"more than that":   func(q map[string]any) { q["hint"] = "no" },
	} {
		require.NoError(t, json.Unmarshal(out.Content, &c))
		forge(c.Questions[1])
		raw, err := json.Marshal(c)
		require.NoError(t, err)
		require.Error(t, r.CheckContent(game.Opening{}, game.Outcome{Data: out.Data, Content: raw}), name)
	}
	other, _ := bankOf(t, 12)
	_, err := r.Pick(game.Opening{}, out, other)
	require.Error(t, err)
}

// right is the right letter of each question of a round.
func right(t require.TestingT, out game.Outcome) []string {
	var c struct{ Questions []struct{ Answer string } }
	require.NoError(t, json.Unmarshal(out.Content, &c))
	answers := make([]string, len(c.Questions))
	for i, q := range c.Questions {
		answers[i] = q.Answer
	}
	return answers
}

func wrong(answer string) string { return string("bcda"[answer[0]-'a']) }

func TestWhoWins(t *testing.T) {
	t.Parallel()
	bank, hash := bankOf(t, 9)
	type act struct {
		seq  int64
		slot int
		ok   bool
		at   int64
	}
	for name, c := range map[string]struct {
		mode string
		acts []act
		want map[int64]int64 // of 4 bets of 10
	}{
		"nobody knows, all back":     {"first", []act{{1, 0, false, 5}}, map[int64]int64{1: 10, 2: 10, 3: 10, 4: 10}},
		"one question known":         {"first", []act{{2, 1, true, 10_500}, {3, 1, true, 10_400}}, map[int64]int64{3: 40}},
		"a tie goes by seq":          {"first", []act{{4, 0, true, 7}, {2, 0, true, 7}}, map[int64]int64{2: 40}},
		"the remainder to the first": {"first", []act{{1, 0, true, 1}, {2, 1, true, 10_001}, {3, 2, true, 20_001}}, map[int64]int64{1: 14, 2: 13, 3: 13}},
		"two parts for one":          {"first", []act{{1, 0, true, 1}, {2, 1, true, 10_001}, {1, 2, true, 20_001}}, map[int64]int64{1: 27, 2: 13}},
		"most right":                 {"fastest", []act{{1, 0, true, 1}, {2, 0, true, 9000}, {2, 1, true, 19_000}}, map[int64]int64{2: 40}},
		"least time":                 {"fastest", []act{{1, 0, true, 100}, {1, 1, true, 10_300}, {2, 0, true, 300}, {2, 1, true, 10_099}}, map[int64]int64{2: 40}},
		"an equal time shares":       {"fastest", []act{{1, 0, true, 100}, {2, 1, true, 10_100}, {4, 2, true, 20_100}}, map[int64]int64{1: 14, 2: 13, 4: 13}},
		"wrong answers cost no time": {"fastest", []act{{1, 0, true, 100}, {1, 1, false, 19_999}, {2, 0, true, 101}}, map[int64]int64{1: 40}},
		"fastest, nobody knows":      {"fastest", nil, map[int64]int64{1: 10, 2: 10, 3: 10, 4: 10}},
		"all of them":                {"all_correct", []act{{3, 0, true, 1}, {3, 1, true, 10_000}, {3, 2, true, 29_999}, {1, 0, true, 1}, {1, 1, true, 10_000}}, map[int64]int64{3: 40}},
		"not all of them":            {"all_correct", []act{{1, 0, true, 1}, {1, 1, true, 10_000}}, map[int64]int64{1: 10, 2: 10, 3: 10, 4: 10}},
	} {
		r := rules(t, c.mode, hash, 9, 3)
		out := drawn(t, r, bank, 3)
		answers := right(t, out)
		var bets []game.Bet
		for seq := range int64(4) {
			bets = append(bets, game.Bet{Seq: seq + 1, Choice: "enter", Stake: 10})
		}
		var acts []game.Act
		for _, a := range c.acts {
			letter := answers[a.slot]
			if !a.ok {
				letter = wrong(letter)
			}
			acts = append(acts, game.Act{Seq: a.seq, Slot: a.slot, Choice: letter, AtMS: a.at})
		}
		payouts, err := r.Settle(game.Opening{}, out, bets, acts)
		require.NoError(t, err, name)
		got := map[int64]int64{}
		for _, p := range payouts {
			got[p.Seq] = p.Amount
		}
		require.Equal(t, c.want, got, name)
	}
}

// TestThePotIsPaidOut plays random answers: what comes in goes out, to the unit.
func TestThePotIsPaidOut(t *testing.T) {
	t.Parallel()
	bank, hash := bankOf(t, 9)
	rapid.Check(t, func(t *rapid.T) {
		r := rules(t, rapid.SampledFrom([]string{"first", "fastest", "all_correct"}).Draw(t, "mode"), hash, 9, 3)
		out := drawn(t, r, bank, rapid.Uint64().Draw(t, "nonce"))
		bets, acts := []game.Bet{}, []game.Act{}
		for seq := range rapid.Int64Range(1, 9).Draw(t, "players") {
			bets = append(bets, game.Bet{Seq: seq + 1, Choice: "enter", Stake: 10})
			for slot := range rapid.IntRange(0, 3).Draw(t, "answers") {
				letter := rapid.SampledFrom([]string{"a", "b", "c", "d", right(t, out)[slot]}).Draw(t, "letter")
				acts = append(acts, game.Act{Seq: seq + 1, Slot: slot, Choice: letter, AtMS: int64(slot)*10_000 + rapid.Int64Range(0, 9999).Draw(t, "at")})
			}
		}
		payouts, err := r.Settle(game.Opening{}, out, bets, acts)
		require.NoError(t, err)
		total := int64(0)
		for _, p := range payouts {
			total += p.Amount
		}
		require.EqualValues(t, 10*len(bets), total)
	})
}

func TestNoAnswerLeaksBeforeTheEnd(t *testing.T) {
	t.Parallel()
	bank, hash := bankOf(t, 9)
	r := rules(t, "first", hash, 9, 3)
	out := drawn(t, r, bank, 8)
	for _, at := range []int64{0, 1, 9999, 10_000, 25_000, 29_999, 30_000, 99_000} {
		raw, err := r.Shown(game.Opening{}, out, at)
		require.NoError(t, err)
		var s map[string]any
		require.NoError(t, json.Unmarshal(raw, &s))
		for _, secret := range []string{"answer", "salt", "path", "index"} {
			require.NotContains(t, s, secret)
		}
		require.EqualValues(t, min(at/10_000, 2), s["slot"])
		require.Equal(t, at >= 30_000, s["over"])
		require.Equal(t, 1, strings.Count(string(raw), "Question "), "one question at a time")
	}
}

func TestAnswersOutsideTheirTimeAreRefused(t *testing.T) {
	t.Parallel()
	bank, hash := bankOf(t, 9)
	r := rules(t, "first", hash, 9, 3)
	out, bets := drawn(t, r, bank, 8), []game.Bet{{Seq: 1, Choice: "enter", Stake: 10}}
	for _, acts := range [][]game.Act{
		{{Seq: 1, Slot: 0, Choice: "a", AtMS: 10_000}},
		{{Seq: 1, Slot: 1, Choice: "a", AtMS: 9999}},
		{{Seq: 1, Slot: 3, Choice: "a", AtMS: 30_000}},
		{{Seq: 1, Slot: 0, Choice: "e", AtMS: 1}},
		{{Seq: 2, Slot: 0, Choice: "a", AtMS: 1}},
		{{Seq: 1, Slot: 0, Choice: "a", AtMS: 1}, {Seq: 1, Slot: 0, Choice: "b", AtMS: 2}},
	} {
		_, err := r.Settle(game.Opening{}, out, bets, acts)
		require.Error(t, err, "%+v", acts)
	}
}

func TestTheOwnBankIsPinned(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("bank.json")
	require.NoError(t, err)
	bank, err := quiz.Read(raw)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(bank), 20)
	var config map[string]any
	require.NoError(t, json.Unmarshal(quiz.New().Info().DefaultConfig, &config))
	require.Equal(t, quiz.Hash(bank), config["bank_hash"])
	for field, value := range map[string]any{"bank_hash": strings.Repeat("0", 64), "bank_size": len(bank) + 1} {
		changed := maps.Clone(config)
		changed[field] = value
		text, err := json.Marshal(changed)
		require.NoError(t, err)
		_, err = quiz.New().Parse(text)
		var e *game.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, field, e.Field)
	}
}

func TestReportShowsTheAnswers(t *testing.T) {
	t.Parallel()
	bank, hash := bankOf(t, 9)
	r := rules(t, "first", hash, 9, 1)
	out := drawn(t, r, bank, 8)
	raw, err := r.Report(game.Opening{}, out, []game.Bet{{Seq: 1, Choice: "enter", Stake: 10}}, []game.Act{{Seq: 1, Choice: right(t, out)[0], AtMS: 3}})
	require.NoError(t, err)
	var rep struct {
		Pot, Winners int64
		Refunded     bool
		Questions    []struct {
			Letter string
			Right  int
		}
	}
	require.NoError(t, json.Unmarshal(raw, &rep))
	require.EqualValues(t, 10, rep.Pot)
	require.EqualValues(t, 1, rep.Winners)
	require.False(t, rep.Refunded)
	require.Equal(t, right(t, out)[0], rep.Questions[0].Letter)
	require.Equal(t, 1, rep.Questions[0].Right)
}
