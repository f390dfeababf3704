package local

import (
	"fmt"
	"html"
	"strings"
)

// htmlParser reads Telegram's HTML subset.
type htmlParser struct {
	in    string
	at    int // byte offset in the input
	out   strings.Builder
	units int
	open  []openTag
	done  []Entity
}

// openTag is a start tag whose end has not come.
type openTag struct {
	name   string
	entity Entity
	at     int
}

// parseHTML turns Telegram's HTML into a text and its entities. Its errors are Telegram's.
func parseHTML(in string) (string, []Entity, error) {
	p := &htmlParser{in: in}
	for p.at < len(p.in) {
		var err error
		switch p.in[p.at] {
		case '<':
			err = p.tag()
		case '&':
			p.reference()
		default:
			end := strings.IndexAny(p.in[p.at:], "<&")
			if end < 0 {
				end = len(p.in) - p.at
			}
			p.write(p.in[p.at : p.at+end])
			p.at += end
		}
		if err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, parseError(`Can't find end tag corresponding to start tag "%s"`, p.open[n-1].name)
	}
	return p.out.String(), p.done, nil
}

func parseError(format string, args ...any) error {
	return badRequest("can't parse entities: " + fmt.Sprintf(format, args...))
}

func (p *htmlParser) write(text string) {
	p.out.WriteString(text)
	p.units += units(text)
}

// reference reads &lt; &gt; &amp; &quot; and numbers; any other & stays as it is.
func (p *htmlParser) reference() {
	end := strings.IndexByte(p.in[p.at:], ';')
	if end > 1 && end < 12 {
		name := p.in[p.at : p.at+end+1]
		known := name == "&lt;" || name == "&gt;" || name == "&amp;" || name == "&quot;" || name[1] == '#'
		if text := html.UnescapeString(name); known && text != name {
			p.write(text)
			p.at += end + 1
			return
		}
	}
	p.write("&")
	p.at++
}

// tag reads one start or end tag.
func (p *htmlParser) tag() error {
	start := p.at
	end := strings.IndexByte(p.in[start:], '>')
	if end < 0 {
		return parseError("Unclosed start tag at byte offset %d", start)
	}
	body := p.in[start+1 : start+end]
	p.at = start + end + 1
	if name, isEnd := strings.CutPrefix(body, "/"); isEnd {
		return p.endTag(strings.ToLower(strings.TrimSpace(name)), start)
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(body), " ")
	name = strings.ToLower(name)
	entity, ok := startEntity(name, rest)
	if !ok {
		return parseError(`Unsupported start tag "%s" at byte offset %d`, name, start)
	}
	entity.Offset = p.units
	p.open = append(p.open, openTag{name: name, entity: entity, at: start})
	return nil
}

// endTag closes the last open tag.
func (p *htmlParser) endTag(name string, start int) error {
	n := len(p.open)
	if n == 0 {
		return parseError("Unexpected end tag at byte offset %d", start)
	}
	last := p.open[n-1]
	if name != "" && name != last.name {
		return parseError(`Unmatched end tag at byte offset %d, expected "</%s>", found "</%s>"`, start, last.name, name)
	}
	p.open = p.open[:n-1]
	last.entity.Length = p.units - last.entity.Offset
	empty := last.entity.Length == 0 || last.entity.Type == "" || (last.entity.Type == "text_link" && last.entity.URL == "")
	if !empty {
		p.done = append(p.done, last.entity)
	}
	return nil
}

// startEntity is the entity that a start tag opens.
func startEntity(name, attributes string) (Entity, bool) {
	kinds := map[string]string{
		"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
		"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
		"code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link", "tg-emoji": "",
	}
	if name == "span" {
		return Entity{Type: "spoiler"}, attribute(attributes, "class") == "tg-spoiler"
	}
	kind, ok := kinds[name]
	e := Entity{Type: kind}
	if name == "a" {
		e.URL = attribute(attributes, "href")
	}
	if name == "blockquote" && strings.Contains(attributes, "expandable") {
		e.Type = "expandable_blockquote"
	}
	return e, ok
}

// attribute reads one attribute of a start tag.
func attribute(attributes, name string) string {
	at := strings.Index(strings.ToLower(attributes), name+"=")
	if at < 0 {
		return ""
	}
	value := attributes[at+len(name)+1:]
	if value == "" {
		return ""
	}
	if quote := value[0]; quote == '"' || quote == '\'' {
		value, _, _ = strings.Cut(value[1:], string(quote))
	} else {
		value, _, _ = strings.Cut(value, " ")
	}
	return html.UnescapeString(value)
}
