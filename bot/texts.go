package bot

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"fairground/games/game"
)

//go:embed locales/*.json
var locales embed.FS

// texts are the bot's own words and those of every game, in every language it speaks.
type texts struct {
	bundle *i18n.Bundle
	games  map[string]map[string]map[string]string // game, language, key
}

// languages are what the bot speaks; the first is the fallback.
func languages() []string { return []string{"en", "zh"} }

// loadTexts reads the embedded locales and those of the games.
func loadTexts(catalogue map[string]game.Game) (*texts, error) {
	t := &texts{bundle: i18n.NewBundle(language.English), games: map[string]map[string]map[string]string{}}
	for _, lang := range languages() {
		if _, err := t.bundle.LoadMessageFileFS(locales, "locales/active."+lang+".json"); err != nil {
			return nil, fmt.Errorf("bot: read the %s texts: %w", lang, err)
		}
	}
	for name, g := range catalogue {
		byLanguage, err := loadGameTexts(g.Info().Locales)
		if err != nil {
			return nil, fmt.Errorf("bot: read the texts of %s: %w", name, err)
		}
		t.games[name] = byLanguage
	}
	return t, nil
}

func loadGameTexts(files fs.FS) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, lang := range languages() {
		raw, err := fs.ReadFile(files, lang+".json")
		if err != nil {
			return nil, err
		}
		words := map[string]string{}
		if err := json.Unmarshal(raw, &words); err != nil {
			return nil, err
		}
		out[lang] = words
	}
	return out, nil
}

// spoken is the bot's language for a tag such as "zh-hans", and whether it speaks that one.
func spoken(tag string) (string, bool) {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if slices.Contains(languages(), base) {
		return base, true
	}
	return languages()[0], false
}

// voice speaks one language.
type voice struct {
	lang  string
	texts *texts
	loc   *i18n.Localizer
}

// in is the voice of the first of the tags that the bot speaks.
func (t *texts) in(tags ...string) voice {
	lang := languages()[0]
	for _, tag := range tags {
		if known, ok := spoken(tag); ok {
			lang = known
			break
		}
	}
	return voice{lang: lang, texts: t, loc: i18n.NewLocalizer(t.bundle, lang)}
}

// vars are a text's variables.
type vars map[string]any

// say is a text with its variables filled in. Callers escape what people wrote.
func (v voice) say(id string, with ...vars) string {
	text, ok := v.try(id, with...)
	if !ok {
		return id
	}
	return text
}

// try is say that tells whether the text exists.
func (v voice) try(id string, with ...vars) (string, bool) {
	text, err := v.loc.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: merge(with)})
	return text, err == nil && text != ""
}

// game is a text of a game; the last part of the key when the game has none.
func (v voice) game(name, key string) string {
	if text, ok := v.own(name, key); ok {
		return text
	}
	return key[strings.LastIndexByte(key, '.')+1:]
}

// own is a text that a game may have or not.
func (v voice) own(name, key string) (string, bool) {
	words := v.texts.games[name]
	for _, lang := range []string{v.lang, languages()[0]} {
		if text := words[lang][key]; text != "" {
			return text, true
		}
	}
	return "", false
}

// choice is what a game calls a choice.
func (v voice) choice(name, choice string) string { return v.game(name, "choice."+choice) }

// line is a game's own line about params or an outcome, empty when it has none.
func (v voice) line(name, key string, data json.RawMessage) string {
	source, ok := v.own(name, key)
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	facts := map[string]any{}
	if !ok || decoder.Decode(&facts) != nil {
		return ""
	}
	parsed, err := template.New(key).Option("missingkey=zero").Parse(source)
	if err != nil {
		return ""
	}
	var out strings.Builder
	if parsed.Execute(&out, whole(facts)) != nil {
		return ""
	}
	return out.String()
}

// points is a whole number that a template compares as one and prints with thousands apart.
type points int64

// String implements fmt.Stringer.
func (p points) String() string { return number(int64(p)) }

// whole turns the numbers of decoded JSON into points, which templates print and compare as
// people expect.
func whole(value any) any {
	switch x := value.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return points(n)
		}
		return x.String()
	case []any:
		for i := range x {
			x[i] = whole(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = whole(x[k])
		}
	}
	return value
}

func merge(with []vars) vars {
	all := vars{}
	for _, w := range with {
		maps.Copy(all, w)
	}
	return all
}

// number writes an amount of points with thousands apart: 12,345.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// signed writes a change: +5 or -5.
func signed(n int64) string {
	if n > 0 {
		return "+" + number(n)
	}
	return number(n)
}

// times writes basis points of a stake as 2.00x.
func times(bp int64) string { return fmt.Sprintf("%d.%02dx", bp/10000, bp%10000/100) }

// pays is times as short as it gets, for buttons: 7x, 1.95x.
func pays(bp int64) string {
	text := strings.TrimSuffix(times(bp), "x")
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "x"
}

// percent writes part of whole with two decimals.
func percent(part, whole int64) string {
	if whole == 0 {
		return "0%"
	}
	hundredths := part * 10000 / whole
	return fmt.Sprintf("%d.%02d%%", hundredths/100, hundredths%100)
}

// esc makes what a person wrote safe inside an HTML message, and short.
func esc(text string) string { return html.EscapeString(clip(strings.TrimSpace(text), 40)) }

// clip cuts a text to at most n characters.
func clip(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}
