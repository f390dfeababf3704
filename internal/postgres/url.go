package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// AppRole is the name of the application role of a database: it may call the posting
// functions and write no money by itself.
func AppRole(database string) string { return database + "_app" }

// AppURL is the address of the same database for its application role.
func AppURL(ownerURL, password string) (string, error) {
	u, err := url.Parse(ownerURL)
	if err != nil {
		// The parse error would quote the address, and with it a password.
		return "", errors.New("postgres: the database address is not a URL")
	}
	database := strings.TrimPrefix(u.Path, "/")
	if database == "" {
		return "", fmt.Errorf("postgres: the database address on host %q names no database", u.Host)
	}
	u.User = url.UserPassword(AppRole(database), password)
	return u.String(), nil
}

// WithDatabase is the same address for another database of the server.
func WithDatabase(address, database string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("postgres: the database address is not a URL")
	}
	u.Path = "/" + database
	return u.String(), nil
}
