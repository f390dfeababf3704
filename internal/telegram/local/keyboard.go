package local

import (
	"encoding/json"
	"net/url"
	"strings"
)

// maxCallbackData is how many bytes a button may carry.
const maxCallbackData = 64

// buttonInput tells a missing field from an empty one.
type buttonInput struct {
	Text         string    `json:"text"`
	CallbackData *string   `json:"callback_data"`
	URL          *string   `json:"url"`
	WebApp       *WebApp   `json:"web_app"`
	CopyText     *CopyText `json:"copy_text"`
	Pay          bool      `json:"pay"`
	SwitchInline *string   `json:"switch_inline_query"`
	SwitchHere   *string   `json:"switch_inline_query_current_chat"`
}

// readKeyboard reads reply_markup. It is nil when there is none or it has no buttons.
func (c *call) readKeyboard(r *room) (*Keyboard, error) {
	raw := strings.TrimSpace(c.params["reply_markup"])
	if raw == "" {
		return nil, nil //nolint:nilnil // no keyboard is a normal answer, not a failure
	}
	var markup map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &markup); err != nil {
		return nil, badRequest("object expected as reply markup")
	}
	inline, ok := markup["inline_keyboard"]
	if !ok {
		for _, other := range []string{"keyboard", "remove_keyboard", "force_reply"} {
			if _, ok := markup[other]; ok {
				c.warn("reply_markup " + other + " is accepted and not shown")
			}
		}
		return nil, nil //nolint:nilnil // no keyboard is a normal answer, not a failure
	}
	var rows [][]buttonInput
	if err := json.Unmarshal(inline, &rows); err != nil {
		return nil, badRequest("can't parse inline keyboard button: Field \"inline_keyboard\" must be of type Array of Array")
	}
	k := &Keyboard{}
	for _, row := range rows {
		var buttons []Button
		for _, in := range row {
			b, err := c.readButton(r, in)
			if err != nil {
				return nil, err
			}
			buttons = append(buttons, b)
		}
		if len(buttons) > 0 {
			k.Rows = append(k.Rows, buttons)
		}
	}
	if len(k.Rows) == 0 {
		return nil, nil //nolint:nilnil // no keyboard is a normal answer, not a failure
	}
	return k, nil
}

// readButton checks one button as Telegram does.
func (c *call) readButton(r *room, in buttonInput) (Button, error) {
	b := Button{Text: strings.TrimSpace(in.Text)}
	if b.Text == "" {
		return Button{}, badRequest("can't parse inline keyboard button: Button text must be non-empty")
	}
	switch {
	case in.CallbackData != nil:
		b.CallbackData = *in.CallbackData
		if b.CallbackData == "" || len(b.CallbackData) > maxCallbackData {
			return Button{}, badRequest("BUTTON_DATA_INVALID")
		}
	case in.WebApp != nil:
		return c.readWebApp(r, b, in.WebApp.URL)
	case in.URL != nil:
		b.URL = *in.URL
		return b, c.checkURL(b.URL)
	case in.CopyText != nil:
		if n := len([]rune(in.CopyText.Text)); n == 0 || n > 256 {
			return Button{}, badRequest("BUTTON_COPY_TEXT_INVALID")
		}
		b.CopyText = in.CopyText
	case in.Pay:
		b.Pay = true
	case in.SwitchInline != nil || in.SwitchHere != nil:
		c.warn("inline mode is not spoken here: the button does nothing")
	default:
		return Button{}, badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	}
	return b, nil
}

// readWebApp checks a Mini App button: private chats only, and https but for this machine.
func (c *call) readWebApp(r *room, b Button, address string) (Button, error) {
	if r.Type != chatPrivate {
		return Button{}, badRequest("BUTTON_TYPE_INVALID")
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return Button{}, badRequest("inline keyboard button Web App URL '" + address + "' is invalid: Wrong HTTP URL")
	}
	if u.Scheme != "https" {
		if u.Scheme != "http" || !isLoopbackHost(u.Hostname()) {
			return Button{}, badRequest("inline keyboard button Web App URL '" + address + "' is invalid: Only HTTPS links are allowed")
		}
		c.warn("a real Telegram takes https Mini Apps only")
	}
	b.WebApp = &WebApp{URL: address}
	return b, nil
}

// checkURL checks a link button's address.
func (c *call) checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return badRequest("inline keyboard button URL '" + address + "' is invalid: Wrong HTTP URL")
	}
	switch u.Scheme {
	case "http", "https":
		if u.Hostname() == "localhost" {
			c.warn("a real Telegram refuses a link button to localhost")
			return nil
		}
		if !strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") {
			return badRequest("inline keyboard button URL '" + address + "' is invalid: Wrong HTTP URL")
		}
		return nil
	case "tg", "ton":
		return nil
	default:
		return badRequest("inline keyboard button URL '" + address + "' is invalid: Unsupported URL protocol")
	}
}

// sameKeyboard compares two keyboards by what they carry.
func sameKeyboard(a, b *Keyboard) bool {
	left, errLeft := marshal(a)
	right, errRight := marshal(b)
	return errLeft == nil && errRight == nil && string(left) == string(right)
}
