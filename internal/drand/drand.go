package drand

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Scheme is the one kind of network that is understood.
const Scheme = "bls-unchained-g1-rfc9380"

const (
	timeout     = 5 * time.Second
	answerLimit = 64 << 10
)

var (
	// ErrNotYet means that the network has not published the round.
	ErrNotYet = errors.New("drand: the round is not published yet")
	// ErrOther means that an answer is not that of the network that was asked for.
	ErrOther = errors.New("drand: the answer is another network's")
)

// Info is a network's key and rhythm, as it says itself: the caller checks it against the chain hash.
type Info struct {
	PublicKey   []byte // on G2, compressed
	Period      uint32 // seconds between rounds
	GenesisTime int64  // Unix seconds of round 1
	GenesisSeed []byte
	ID          string // the network's name
}

// Client asks one network. It is safe for concurrent use.
type Client struct {
	base string // address and chain
	hash string
	http *http.Client

	mu   sync.Mutex
	info *Info
}

// New makes a client of the network with a chain hash (hex) at an address such as https://api.drand.sh.
func New(address, chainHash string) *Client {
	return &Client{base: strings.TrimRight(address, "/") + "/" + chainHash, hash: chainHash, http: &http.Client{Timeout: timeout}}
}

// ChainHash is the network that is asked, hex.
func (c *Client) ChainHash() string { return c.hash }

// Info is the network's key and rhythm, asked once. It returns ErrOther.
func (c *Client) Info(ctx context.Context) (Info, error) {
	c.mu.Lock()
	known := c.info
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	var answer struct {
		Hash        string `json:"hash"`
		PublicKey   string `json:"public_key"`
		Period      uint32 `json:"period"`
		GenesisTime int64  `json:"genesis_time"`
		GenesisSeed string `json:"groupHash"`
		Scheme      string `json:"schemeID"`
		Metadata    struct {
			BeaconID string `json:"beaconID"`
		} `json:"metadata"`
	}
	if err := c.get(ctx, "/info", &answer); err != nil {
		return Info{}, err
	}
	info := Info{Period: answer.Period, GenesisTime: answer.GenesisTime, ID: answer.Metadata.BeaconID}
	var err error
	if info.PublicKey, err = hex.DecodeString(answer.PublicKey); err != nil {
		return Info{}, fmt.Errorf("%w: its key is not hex", ErrOther)
	}
	if info.GenesisSeed, err = hex.DecodeString(answer.GenesisSeed); err != nil {
		return Info{}, fmt.Errorf("%w: its seed is not hex", ErrOther)
	}
	if answer.Scheme != Scheme || answer.Hash != c.hash || info.Period == 0 {
		return Info{}, fmt.Errorf("%w: its scheme or hash differs", ErrOther)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.info = &info
	return info, nil
}

// Signature is what the network says it signed a round with: the caller checks it. It returns ErrNotYet or ErrOther.
func (c *Client) Signature(ctx context.Context, round uint64) ([]byte, error) {
	var answer struct {
		Round     uint64 `json:"round"`
		Signature string `json:"signature"`
	}
	if err := c.get(ctx, "/public/"+strconv.FormatUint(round, 10), &answer); err != nil {
		return nil, err
	}
	signature, err := hex.DecodeString(answer.Signature)
	if err != nil || answer.Round != round {
		return nil, ErrOther
	}
	return signature, nil
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("drand: ask: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("drand: ask: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusTooEarly:
		return ErrNotYet
	default:
		return fmt.Errorf("drand: the network answered %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerLimit)).Decode(into); err != nil {
		return fmt.Errorf("drand: read the answer: %w", err)
	}
	return nil
}
