package telegram_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/telegram"
)

const testToken = "123456:TEST-token"

// known was computed by a separate script with Python's hmac and hashlib.
const known = "auth_date=1700000000&query_id=AAE1&user=%7B%22id%22%3A42%2C%22first_name%22%3A%22Ada%22%2C%22last_name%22%3A%22L%22" +
	"%2C%22username%22%3A%22ada%22%2C%22language_code%22%3A%22en%22%7D&signature=sig_x" +
	"&hash=ff18b0b388965b8206cce071e46d527c031a094c551701029bc55aba0eb08a61"

func TestValidateInitDataKnownAnswer(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000+3600, 0)

	user, err := telegram.ValidateInitData(testToken, known, now, time.Hour)

	require.NoError(t, err)
	require.Equal(t, telegram.User{ID: 42, FirstName: "Ada", LastName: "L", Username: "ada", LanguageCode: "en"}, user)
	require.Equal(t, "Ada L", user.Name())
}

func TestValidateInitDataRefuses(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	sign := func(token string, change func(url.Values)) string {
		fields := url.Values{"auth_date": {strconv.FormatInt(now.Unix(), 10)}, "user": {`{"id":42,"first_name":"Ada"}`}}
		change(fields)
		return telegram.SignInitData(token, fields)
	}
	same := func(url.Values) {}
	tests := map[string]struct {
		data string
		now  time.Time
		want error
	}{
		"good":             {data: sign(testToken, same), now: now},
		"one hour is good": {data: known, now: now.Add(time.Hour)},
		"older":            {data: known, now: now.Add(time.Hour + time.Second), want: telegram.ErrInitDataExpired},
		"future":           {data: known, now: now.Add(-2 * time.Minute), want: telegram.ErrInitDataExpired},
		"other token":      {data: sign("1:other", same), now: now, want: telegram.ErrInitDataHash},
		"changed user":     {data: strings.Replace(known, "42", "43", 1), now: now, want: telegram.ErrInitDataHash},
		"dropped field":    {data: strings.Replace(known, "&signature=sig_x", "", 1), now: now, want: telegram.ErrInitDataHash},
		"no hash":          {data: known[:strings.Index(known, "&hash=")], now: now, want: telegram.ErrInitDataMalformed},
		"short hash":       {data: known[:len(known)-2], now: now, want: telegram.ErrInitDataMalformed},
		"twice":            {data: known + "&query_id=x", now: now, want: telegram.ErrInitDataMalformed},
		"empty":            {now: now, want: telegram.ErrInitDataMalformed},
		"not a form":       {data: "%zz", now: now, want: telegram.ErrInitDataMalformed},
		"too long":         {data: known + strings.Repeat("x", 9<<10), now: now, want: telegram.ErrInitDataMalformed},
		"no user":          {data: sign(testToken, func(f url.Values) { f.Del("user") }), now: now, want: telegram.ErrInitDataMalformed},
		"no date":          {data: sign(testToken, func(f url.Values) { f.Del("auth_date") }), now: now, want: telegram.ErrInitDataMalformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := telegram.ValidateInitData(testToken, tt.data, tt.now, time.Hour)
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tt.want)
		})
	}
}
