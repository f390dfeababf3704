package local

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// InitDataInput asks for the data a Mini App is opened with. Chat is the group it was opened
// from, if any; AuthDate is in seconds and now when missing.
type InitDataInput struct {
	User       int64  `json:"user"`
	Bot        int64  `json:"bot"`
	Chat       int64  `json:"chat,omitempty"`
	StartParam string `json:"start_param,omitempty"`
	AuthDate   int64  `json:"auth_date,omitempty"`
	URL        string `json:"url,omitempty"` // of the Mini App; the bot's own when missing
}

// InitData is valid initData, and the address that opens the Mini App with it.
type InitData struct {
	InitData string `json:"init_data"`
	URL      string `json:"url,omitempty"`
}

// simInitData is POST /sim/initdata.
func (s *Server) simInitData(req *http.Request) (any, error) {
	var in InitDataInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	who, err := s.person(in.User)
	if err != nil {
		return nil, err
	}
	b := s.world.Bots[in.Bot]
	if b == nil {
		return nil, missing("bot", "there is no bot %d", in.Bot)
	}
	fields, err := s.initFields(in, who)
	if err != nil {
		return nil, err
	}
	out := InitData{InitData: sign(b.Token, fields)}
	if in.URL == "" {
		in.URL = b.WebAppURL
	}
	if in.URL != "" {
		out.URL = launchURL(in.URL, out.InitData, in.StartParam)
	}
	return out, nil
}

// initFields are the fields that are signed.
func (s *Server) initFields(in InitDataInput, who *User) (map[string]string, error) {
	user := map[string]any{
		"id": who.ID, "first_name": who.FirstName, "last_name": who.LastName, "language_code": who.LanguageCode,
		"allows_write_to_pm": true,
	}
	if who.Username != "" {
		user["username"] = who.Username
	}
	raw, err := marshal(user)
	if err != nil {
		return nil, err
	}
	if in.AuthDate == 0 {
		in.AuthDate = s.unix()
	}
	var seal [64]byte
	_, _ = rand.Read(seal[:]) // never fails
	fields := map[string]string{
		"user": string(raw), "auth_date": strconv.FormatInt(in.AuthDate, 10),
		"signature": base64.RawURLEncoding.EncodeToString(seal[:]),
	}
	if in.StartParam != "" {
		fields["start_param"] = in.StartParam
	}
	chat := in.Chat
	if chat == 0 {
		chat = in.Bot
		fields["query_id"] = "AA" + rand.Text()
	}
	r, err := s.view(who, chat)
	if err != nil {
		return nil, err
	}
	fields["chat_instance"], fields["chat_type"] = r.Instance, r.Type
	if r.Type == chatPrivate {
		fields["chat_type"] = "sender"
	}
	return fields, nil
}

// sign adds Telegram's hash. It is written apart from the product's own check, so that one
// mistake cannot hide in both.
func sign(token string, fields map[string]string) string {
	var lines []string
	form := url.Values{}
	for name, value := range fields {
		lines = append(lines, name+"="+value)
		form.Set(name, value)
	}
	slices.Sort(lines)
	secret := mac([]byte("WebAppData"), token)
	form.Set("hash", hex.EncodeToString(mac(secret, strings.Join(lines, "\n"))))
	return form.Encode()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// launchURL is the Mini App's address as Telegram's web client opens it.
func launchURL(app, initData, start string) string {
	u, err := url.Parse(app)
	if err != nil {
		return ""
	}
	if start != "" {
		q := u.Query()
		q.Set("tgWebAppStartParam", start)
		u.RawQuery = q.Encode()
	}
	launch := url.Values{"tgWebAppData": {initData}, "tgWebAppVersion": {"8.0"}, "tgWebAppPlatform": {"web"}}
	launch.Set("tgWebAppThemeParams", `{"bg_color":"#ffffff","text_color":"#000000","button_color":"#3390ec","button_text_color":"#ffffff"}`)
	u.Fragment = ""
	return u.String() + "#" + strings.ReplaceAll(launch.Encode(), "+", "%20")
}

// newInstance is a chat_instance: a signed 64-bit number, always the same for a chat.
func newInstance() string { return "-" + strconv.FormatUint(randomID(), 10) }
