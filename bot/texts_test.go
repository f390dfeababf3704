package bot

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/models"
)

func readLocale(t *testing.T, lang string) map[string]string {
	t.Helper()
	raw, err := locales.ReadFile("locales/active." + lang + ".json")
	require.NoError(t, err)
	words := map[string]string{}
	require.NoError(t, json.Unmarshal(raw, &words))
	return words
}

func TestLanguagesHaveTheSameTexts(t *testing.T) {
	t.Parallel()
	variable := regexp.MustCompile(`\{\{\.\w+\}\}`)
	tag := regexp.MustCompile(`</?\w+>`)
	en := readLocale(t, "en")
	for _, lang := range languages() {
		other := readLocale(t, lang)
		require.ElementsMatch(t, slices.Collect(maps.Keys(en)), slices.Collect(maps.Keys(other)), lang)
		for key, text := range en {
			require.NotEmpty(t, other[key], "%s %s", lang, key)
			require.ElementsMatch(t, variable.FindAllString(text, -1), variable.FindAllString(other[key], -1), "%s %s", lang, key)
			require.ElementsMatch(t, tag.FindAllString(text, -1), tag.FindAllString(other[key], -1), "%s %s", lang, key)
		}
	}
}

// said lists the text ids that the package's source names, whole or as a prefix.
func said(t *testing.T) (ids, prefixes []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || (method.Sel.Name != "say" && method.Sel.Name != "try") {
				return true
			}
			switch arg := call.Args[0].(type) {
			case *ast.BasicLit:
				id, err := strconv.Unquote(arg.Value)
				require.NoError(t, err)
				ids = append(ids, id)
			case *ast.BinaryExpr:
				literal, ok := arg.X.(*ast.BasicLit)
				require.True(t, ok)
				prefix, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				prefixes = append(prefixes, prefix)
			}
			return true
		})
	}
	return ids, prefixes
}

func TestEverySaidTextExistsAndEveryTextIsSaid(t *testing.T) {
	t.Parallel()
	ids, prefixes := said(t)
	require.NotEmpty(t, prefixes)
	ids = append(ids, "help.group", "help.private", "private.money", "private.only", "toast.claimed", "toast.mine", "result.share", "result.mine")
	en := readLocale(t, "en")
	for _, id := range ids {
		require.Contains(t, en, id)
	}
	for id := range en {
		known := slices.Contains(ids, id) || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(id, p) })
		require.True(t, known, "nobody says %s", id)
	}
}

func TestEveryRefusalHasItsOwnText(t *testing.T) {
	t.Parallel()
	words, err := loadTexts(games.Catalogue())
	require.NoError(t, err)
	for _, lang := range languages() {
		v := words.in(lang)
		seen := map[string]string{}
		for _, refused := range []*models.Error{
			games.ErrRoundNotFound, games.ErrRoundClosed, games.ErrRoundFull, games.ErrRoundRunning, games.ErrAlreadyBet, games.ErrAlreadyClaimed,
			games.ErrNothingLeft, games.ErrHouseLimit, games.ErrGroupInactive, games.ErrBusy, games.ErrNotMember, games.ErrKeyReused, games.ErrUnknownGame,
			models.FieldError("games.invalid_stake", "stake", "10"), models.FieldError("games.invalid_choice", "choice", "big"), errForged, errTooLong,
			games.ErrTooLate, games.ErrTooEarly, games.ErrAlreadyActed, games.ErrNoBet, games.ErrNotInstant, games.ErrPlayNotFound, games.ErrInvalidSeed,
			games.ErrCooldown, games.ErrDailyCap, games.ErrQuietHours, games.ErrTooManyRounds,
			{Code: "ledger.insufficient_funds", Data: map[string]any{"balance": float64(5), "needed": float64(1000)}},
			{Code: "ledger.insufficient_funds", Data: map[string]any{"balance": float64(0), "needed": float64(1000)}},
			{Code: "made.up"},
		} {
			text, ok := v.refusal(refused)
			require.True(t, ok)
			require.NotContains(t, text, "no value")
			require.LessOrEqual(t, len([]rune(text)), toastLimit)
			require.Empty(t, seen[text], "%s and %s say the same", refused.Code, seen[text])
			seen[text] = refused.Code
		}
	}
}

func TestVoiceFollowsTheTags(t *testing.T) {
	t.Parallel()
	words, err := loadTexts(games.Catalogue())
	require.NoError(t, err)
	require.Equal(t, "zh", words.in("zh-hans").lang)
	require.Equal(t, "zh", words.in("ru", "zh").lang)
	require.Equal(t, "en", words.in("ru", "").lang)
	require.Equal(t, "no.such.text", words.in("en").say("no.such.text"))
	for name := range games.Catalogue() {
		for _, lang := range languages() {
			v := words.in(lang)
			for _, key := range []string{"name", "tagline", "rules"} {
				require.NotEqual(t, key, v.game(name, key), "%s %s", name, lang)
			}
		}
	}
	require.Equal(t, "🎲 1 · 2 · 3 = 6", words.in("en").line("dice", "card.result", json.RawMessage(`{"dice":[1,2,3],"sum":6,"triple":false}`)))
	require.Equal(t, "🧧 The packet is over", words.in("en").line("redpacket", "card.result", json.RawMessage(`{"mode":"mine","mines":0}`)))
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	require.Equal(t, "0", number(0))
	require.Equal(t, "-1,234,567", number(-1234567))
	require.Equal(t, "999", number(999))
	require.Equal(t, "+1,000", signed(1000))
	require.Equal(t, "2.00x", times(20000))
	require.Equal(t, "1.95x", times(19500))
	require.Equal(t, "2x", pays(20000))
	require.Equal(t, "70x", pays(700000))
	require.Equal(t, "1.9x", pays(19000))
	require.Equal(t, "from 10 to 5,000", grouped("from 10 to 5000"))
	require.Equal(t, "48.61%", percent(105, 216))
	require.Equal(t, "ab…", clip("abcd", 3))
}
