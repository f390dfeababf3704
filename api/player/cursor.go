package player

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"fairground/models"
)

// Lists that give out cursors. The list's name is part of a cursor, so that one list's can't
// be used with another.
const (
	listRounds    = "rounds"
	listBets      = "bets"
	listStatement = "statement"
)

const defaultLimit = 20

var cursorKey = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

var errInvalidCursor = &models.Error{
	Code: "api.invalid_cursor", Message: "the cursor is not one this list gave out",
	Field: "cursor", Fix: "use next_cursor of the page before, or none",
}

// encodeCursor wraps the key of a page's last row; an empty key gives no cursor.
func encodeCursor(list, key string) *string {
	if key == "" {
		return nil
	}
	s := base64.RawURLEncoding.EncodeToString([]byte(list + ":" + key))
	return &s
}

// decodeCursor gives the key back, empty for the first page. It returns api.invalid_cursor.
func decodeCursor(list string, cursor *string) (string, error) {
	if cursor == nil {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return "", errInvalidCursor
	}
	key, ok := strings.CutPrefix(string(raw), list+":")
	if !ok || !cursorKey.MatchString(key) {
		return "", errInvalidCursor
	}
	return key, nil
}

// decodeNumber is decodeCursor for lists whose key is a positive number; 0 is the first page.
func decodeNumber(list string, cursor *string) (int64, error) {
	key, err := decodeCursor(list, cursor)
	if err != nil || key == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || n < 1 {
		return 0, errInvalidCursor
	}
	return n, nil
}

func limitOf(limit *int32) int {
	if limit == nil {
		return defaultLimit
	}
	return int(*limit)
}
