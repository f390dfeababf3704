package local

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// maxText is the longest message text, in UTF-16 code units after parsing.
const maxText = 4096

var (
	urlPattern     = regexp.MustCompile(`(?:^|[\s(])(https?://[^\s<>")]+[^\s<>").,!?:;])`)
	commandPattern = regexp.MustCompile(`(?:^|[\s(])(/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)`)
	mentionPattern = regexp.MustCompile(`(?:^|[\s(])(@[A-Za-z][A-Za-z0-9_]{3,31})\b`)
	hashtagPattern = regexp.MustCompile(`(?:^|[\s(])(#[\pL_][\pL\pN_]{0,63})`)
)

// detector finds one kind of entity in plain text.
type detector struct {
	kind    string
	pattern *regexp.Regexp
}

func detectors() []detector {
	return []detector{
		{"url", urlPattern},
		{"bot_command", commandPattern},
		{"mention", mentionPattern},
		{"hashtag", hashtagPattern},
	}
}

// units is the length of a text in UTF-16 code units, in which Telegram counts.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

// readText reads a call's text: parsed by its mode, trimmed, and 1 to 4096 units long.
func (c *call) readText() (string, []Entity, error) {
	text, entities, err := c.format()
	if err != nil {
		return "", nil, err
	}
	text, entities = trim(text, entities)
	if text == "" {
		return "", nil, badRequest("message text is empty")
	}
	if units(text) > maxText {
		return "", nil, badRequest("message is too long")
	}
	return text, detect(text, entities), nil
}

// format applies parse_mode, or the entities that were given.
func (c *call) format() (string, []Entity, error) {
	text := c.params["text"]
	switch mode := strings.ToLower(c.params["parse_mode"]); mode {
	case "html":
		return parseHTML(text)
	case "":
		var entities []Entity
		if err := c.params.decode("entities", &entities); err != nil {
			return "", nil, err
		}
		return text, entities, nil
	case "markdown", "markdownv2":
		c.warn("parse_mode " + mode + " is shown as plain text here")
		return text, nil, nil
	default:
		return "", nil, badRequest("unsupported parse_mode")
	}
}

// trim takes white space off both ends and moves the entities along.
func trim(text string, entities []Entity) (string, []Entity) {
	left := strings.TrimLeftFunc(text, unicode.IsSpace)
	cut := units(text) - units(left)
	text = strings.TrimRightFunc(left, unicode.IsSpace)
	end := units(text)
	kept := make([]Entity, 0, len(entities))
	for _, e := range entities {
		from, to := max(0, e.Offset-cut), min(end, e.Offset-cut+e.Length)
		if from < to {
			e.Offset, e.Length = from, to-from
			kept = append(kept, e)
		}
	}
	return text, kept
}

// detect adds the entities that Telegram finds by itself, outside given ones that cannot
// hold others.
func detect(text string, entities []Entity) []Entity {
	found := slices.Clone(entities)
	for _, d := range detectors() {
		for _, at := range d.pattern.FindAllStringSubmatchIndex(text, -1) {
			e := Entity{Type: d.kind, Offset: units(text[:at[2]]), Length: units(text[at[2]:at[3]])}
			if !slices.ContainsFunc(found, func(o Entity) bool { return closed(o.Type) && overlap(o, e) }) {
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Entity) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length))
	})
	if len(found) == 0 {
		return nil
	}
	return found
}

// closed says whether nothing is detected inside an entity of this kind.
func closed(kind string) bool {
	switch kind {
	case "code", "pre", "text_link", "url", "bot_command", "mention":
		return true
	}
	return false
}

func overlap(a, b Entity) bool {
	return a.Offset < b.Offset+b.Length && b.Offset < a.Offset+a.Length
}
