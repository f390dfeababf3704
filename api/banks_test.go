package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	operatorgen "fairground/api/operator/gen"
	"fairground/models"
)

func TestQuestionBanks(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	var one, two operatorgen.QuestionBank
	o.as(t, models.RoleSeniorReviewer, "POST", "question-banks",
		`{"bank":"capitals","title":"Capitals","reason":"for Friday","questions":[{"question":"Capital of Peru?","options":["Quito","Lima"],"answer":"b"}]}`).
		ok(http.StatusCreated, &one)
	require.EqualValues(t, 1, one.Version)
	require.EqualValues(t, 1, one.Size)

	table := strings.Builder{}
	table.WriteString("question,a,b,c,d,answer\n")
	for i := range 4000 {
		fmt.Fprintf(&table, "What follows %d in the row of the natural numbers?,%d,%d,%d,,b\n", i, i+2, i+1, i)
	}
	post := func(csv string) answer {
		text, err := json.Marshal(map[string]string{"bank": "capitals", "title": "Numbers", "reason": "many of them", "csv": csv})
		require.NoError(t, err)
		return o.as(t, models.RoleOwner, "POST", "question-banks", string(text))
	}
	post(table.String()).ok(http.StatusCreated, &two)
	require.EqualValues(t, 2, two.Version)
	require.EqualValues(t, 4000, two.Size)

	wrong := post(table.String() + "What?,x,y,,,c\n")
	wrong.refused(http.StatusUnprocessableEntity, "games.invalid_bank")
	require.Contains(t, wrong.text, `"line 4002, answer"`)
	o.as(t, models.RoleAnalyst, "POST", "question-banks", `{"bank":"capitals","title":"Capitals","reason":"for Friday","questions":[]}`).
		refused(http.StatusForbidden, "operators.forbidden")
	post(strings.Repeat("x", 9<<20)).refused(http.StatusRequestEntityTooLarge, "api.body_too_large")

	list := o.as(t, models.RoleAnalyst, "GET", "question-banks", "")
	var banks operatorgen.QuestionBankList
	list.ok(http.StatusOK, &banks)
	require.Equal(t, []operatorgen.QuestionBank{two, one}, banks.Banks)
	require.NotContains(t, list.text, "Peru")
}
