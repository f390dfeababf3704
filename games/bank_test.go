package games_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/games/game"
	"fairground/games/quiz"
	"fairground/models"
	"fairground/operators"
	"fairground/test/fixture"
)

const smallBank = `[{"question":"What is the capital of Peru?","options":["Quito","Lima"],"answer":"b"},
	{"question":"How many legs has a spider?","options":["six","eight","ten"],"answer":"b"}]`

// library is a tenant with an owner who imports banks.
type library struct {
	*fixture.World

	owner, analyst operators.Authority
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{World: fixture.New(t, fixture.Options{})}
	l.analyst = l.hire(t, models.RoleAnalyst)
	l.owner = l.hire(t, models.RoleOwner) // last: from then on people are invited
	return l
}

func (l *library) hire(t *testing.T, role models.Role) operators.Authority {
	t.Helper()
	a, err := (&fixture.Till{World: l.World}).Hire(t.Context(), role)
	require.NoError(t, err)
	return a
}

func (l *library) bank(items string) games.BankImport {
	return games.BankImport{By: l.owner, Bank: "house-bank", Title: "House", Items: json.RawMessage(items), Reason: "for the quiz on Friday"}
}

func TestABankIsImportedWholeAndSealed(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	one, err := l.Engine.ImportBank(t.Context(), l.bank(smallBank))
	require.NoError(t, err)
	require.Equal(t, 2, one.Size)
	require.Equal(t, 1, one.Version)
	require.Regexp(t, `^[0-9a-f]{64}$`, one.Hash)
	two, err := l.Engine.ImportBank(t.Context(), l.bank(smallBank))
	require.NoError(t, err)
	require.Equal(t, 2, two.Version)
	require.NotEqual(t, one.Hash, two.Hash, "every import has salts of its own")
	banks, err := l.Engine.ListBanks(t.Context(), l.Tenant)
	require.NoError(t, err)
	require.Equal(t, []games.Bank{two, one}, banks)

	var stored, logged string
	require.NoError(t, l.DB.Call(t.Context(), l.Tenant, `SELECT string_agg(encode(items_sealed, 'escape'), ''), count(*)::text FROM question_banks`, nil, &stored, new(string)))
	require.NotContains(t, stored, "Peru")
	require.NoError(t, l.DB.Call(t.Context(), l.Tenant, `SELECT string_agg(after::text || reason, '' ORDER BY after->>'version') FROM operation_log WHERE action = 'bank.imported'`, nil, &logged))
	require.Contains(t, logged, two.Hash)
	require.Contains(t, logged, "for the quiz on Friday")
	require.NotContains(t, logged, "Peru")
}

func TestWhoMayImportABank(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	in := l.bank(smallBank)
	in.By = l.analyst
	_, err := l.Engine.ImportBank(t.Context(), in)
	require.ErrorIs(t, err, operators.ErrForbidden)
	in.By = operators.Authority{Tenant: l.Tenant, Via: l.analyst.Via, Proof: []byte("nobody")}
	_, err = l.Engine.ImportBank(t.Context(), in)
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	banks, err := l.Engine.ListBanks(t.Context(), l.Tenant)
	require.NoError(t, err)
	require.Empty(t, banks)
}

func TestAWrongBankNamesLineAndField(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	long := strings.Repeat("x", 301)
	for name, c := range map[string]struct{ items, csv, field string }{
		"no list":              {items: `{}`, field: "questions"},
		"no questions":         {items: `[]`, field: "questions"},
		"not an object":        {items: `[7]`, field: "question 1"},
		"an unknown field":     {items: `[{"question":"a?","options":["x","y"],"answer":"a","hint":"z"}]`, field: "question 1"},
		"a number":             {items: `[{"question":"a?","options":["x","y"],"answer":1}]`, field: "question 1, answer"},
		"numbers as options":   {items: `[{"question":"a?","options":[1,2],"answer":"a"}]`, field: "question 1, options"},
		"no question":          {items: `[{"question":"a?","options":["x","y"],"answer":"a"},{"options":["x","y"],"answer":"a"}]`, field: "question 2, question"},
		"a long question":      {items: `[{"question":"` + long + `","options":["x","y"],"answer":"a"}]`, field: "question 1, question"},
		"one option":           {items: `[{"question":"a?","options":["x"],"answer":"a"}]`, field: "question 1, options"},
		"five options":         {items: `[{"question":"a?","options":["v","w","x","y","z"],"answer":"a"}]`, field: "question 1, options"},
		"an option twice":      {items: `[{"question":"a?","options":["x","x"],"answer":"a"}]`, field: "question 1, options.b"},
		"no such option":       {items: `[{"question":"a?","options":["x","y"],"answer":"c"}]`, field: "question 1, answer"},
		"the question again":   {items: `[{"question":"a?","options":["x","y"],"answer":"a"},{"question":"a?","options":["v","w"],"answer":"a"}]`, field: "question 2, question"},
		"two lines":            {items: `[{"question":"a\nb","options":["x","y"],"answer":"a"}]`, field: "question 1, question"},
		"no header":            {csv: "What?,x,y,a\n", field: "line 1"},
		"no answer column":     {csv: "question,a,b\n", field: "line 1"},
		"only a header":        {csv: "question,a,b,answer\n", field: "csv"},
		"a short row":          {csv: "question,a,b,answer\nWhat?,x,y,a\nWho?,x,y\n", field: "line 3"},
		"a broken quote":       {csv: "question,a,b,answer\nWhat?,x\"z,y,a\n", field: "line 2"},
		"a row's answer":       {csv: "question,a,b,answer\n\"What,\nis it?\",x,y,a\n", field: "line 2, question"},
		"a gap in the options": {csv: "question,a,b,c,d,answer\nWhat?,x,y,,z,a\n", field: "line 2, options.d"},
		"both":                 {items: smallBank, csv: "question,a,b,answer\nWhat?,x,y,a\n", field: "questions"},
		"neither":              {field: "questions"},
	} {
		in := l.bank(c.items)
		in.CSV = c.csv
		_, err := l.Engine.ImportBank(t.Context(), in)
		require.ErrorIs(t, err, games.ErrInvalidBank, name)
		var e *models.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, c.field, e.Field, name)
		require.NotEmpty(t, e.Fix, name)
	}
	for field, change := range map[string]func(in *games.BankImport){
		"bank":  func(in *games.BankImport) { in.Bank = "default" },
		"title": func(in *games.BankImport) { in.Title = "" },
	} {
		in := l.bank(smallBank)
		change(&in)
		_, err := l.Engine.ImportBank(t.Context(), in)
		var e *models.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, field, e.Field)
	}
	banks, err := l.Engine.ListBanks(t.Context(), l.Tenant)
	require.NoError(t, err)
	require.Empty(t, banks, "nothing is half imported")
}

// TestARoundReadsTheBankItsConfigCommitsTo imports thousands of questions as a table and draws from them.
func TestARoundReadsTheBankItsConfigCommitsTo(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	table := strings.Builder{}
	table.WriteString("\ufeffanswer,question,a,b,c\r\n")
	for i := range 5000 {
		fmt.Fprintf(&table, "B,\"Which is %d, after all?\",%d,%d,\r\n", i, i+1, i)
	}
	in := l.bank("")
	in.Items, in.CSV = nil, table.String()
	bank, err := l.Engine.ImportBank(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, 5000, bank.Size)
	rules, err := quiz.New().Parse(fmt.Appendf(nil, `{"window_seconds":30,"entry":10,"min_players":2,"bank":"house-bank","bank_hash":%q,"bank_size":5000,"questions":3,"seconds":10,"mode":"first"}`, bank.Hash))
	require.NoError(t, err)
	banked, ok := rules.(game.Banked)
	require.True(t, ok)
	open, err := rules.Open(nil)
	require.NoError(t, err)
	raw, err := games.BankOf(t.Context(), l.Engine, l.Tenant, banked, open)
	require.NoError(t, err)
	out := game.Outcome{Data: json.RawMessage(`{"questions":[4999,0,17]}`)}
	out.Content, err = banked.Pick(open, out, raw)
	require.NoError(t, err)
	require.NoError(t, banked.CheckContent(open, out))
	require.Contains(t, string(out.Content), "Which is 4999, after all?")

	open.Content = strings.Repeat("0", 64)
	_, err = games.BankOf(t.Context(), l.Engine, l.Tenant, banked, open)
	require.ErrorIs(t, err, games.ErrBankNotFound)
}
