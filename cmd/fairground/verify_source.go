package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"fairground/games"
	"fairground/internal/config"
)

// proofLimit bounds what is read as a proof: far above a round of 100,000 bets.
const proofLimit = 64 << 20

var (
	roundID = regexp.MustCompile(`^r_[a-z0-9]{8,64}$`)
	playID  = regexp.MustCompile(`^pl_[a-z0-9]{8,32}_[0-9]{1,9}_[0-9]{1,18}$`)
)

// source is where proofs and chains are read from.
type source struct {
	in  io.Reader
	api string // address of the API, empty for the configured one
}

// read finds the proof that a person named. host is the server it came from, empty for a file.
func (s source) read(ctx context.Context, what string) (raw []byte, host string, err error) {
	switch {
	case what == "-":
		raw, err = readLimited(s.in)
		return raw, "", err
	case strings.HasPrefix(what, "http://"), strings.HasPrefix(what, "https://"):
		address, host, err := proofAddress(what)
		if err != nil {
			return nil, "", err
		}
		raw, err = fetch(ctx, address)
		return raw, host, err
	case roundID.MatchString(what), playID.MatchString(what):
		if s.api == "" {
			cfg, err := config.Load()
			if err != nil {
				return nil, "", err
			}
			s.api = cfg.VerifyAPI
		}
		host = strings.TrimRight(s.api, "/")
		raw, err = fetch(ctx, host+proofPath(what))
		return raw, host, err
	}
	raw, err = readFile(what)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%q is no file, no address and no round's id (r_ and letters and digits) or play's (pl_)", what)
	}
	return raw, "", err
}

func proofPath(id string) string {
	if playID.MatchString(id) {
		return "/v1/plays/" + id + "/proof"
	}
	return "/v1/rounds/" + id + "/proof"
}

// chain reads the published list of a chain: the one that a person named, else that of the server the proof came from. Without
// either there is none.
func (s source) chain(ctx context.Context, named, host string, ref *games.ChainRef) (*games.Chain, error) {
	var raw []byte
	var err error
	switch {
	case strings.HasPrefix(named, "http://"), strings.HasPrefix(named, "https://"):
		raw, err = fetch(ctx, named)
	case named != "":
		raw, err = readFile(named)
	case ref != nil && host != "":
		raw, err = fetch(ctx, host+"/v1/fairness/chains/"+url.PathEscape(ref.ID))
	default:
		return nil, nil //nolint:nilnil // no list is at hand, and the check says so
	}
	if err != nil {
		return nil, fmt.Errorf("read the chain: %w", err)
	}
	chain, err := games.ReadChain(raw)
	return &chain, err
}

// proofAddress turns the address of a verify page into that of its proof and leaves others alone.
func proofAddress(text string) (address, host string, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", "", fmt.Errorf("read the address: %w", err)
	}
	host = u.Scheme + "://" + u.Host
	if id := u.Query().Get("round"); roundID.MatchString(id) {
		return host + proofPath(id), host, nil
	}
	if id := u.Query().Get("play"); playID.MatchString(id) {
		return host + proofPath(id), host, nil
	}
	return text, host, nil
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name) //nolint:gosec // the file the person named
	if err != nil {
		return nil, fmt.Errorf("open the proof: %w", err)
	}
	defer func() { _ = file.Close() }()
	return readLimited(file)
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the proof: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for the proof: %w (is --api the right address?)", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		return readLimited(resp.Body)
	case http.StatusNotFound:
		return nil, fmt.Errorf("there is no such round or play at %s", address)
	default:
		return nil, fmt.Errorf("%s answered %s", address, resp.Status)
	}
}

func readLimited(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, proofLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the proof: %w", err)
	}
	if len(raw) > proofLimit {
		return nil, fmt.Errorf("the proof is larger than %d MiB", proofLimit>>20)
	}
	return raw, nil
}
