package redpacket

import (
	"encoding/json"
	"fmt"

	"fairground/games/game"
)

type mode string

const (
	random mode = "random"
	equal  mode = "equal"
	mine   mode = "mine"
)

// params are a packet's own parameters.
type params struct {
	Mode   mode   `json:"mode"`
	Total  int64  `json:"total"`          // minor units
	Shares int64  `json:"shares"`         // how many
	Mine   *int64 `json:"mine,omitempty"` // the digit; of a mine packet alone
}

// parse checks parameters under a config and fills in its defaults.
func (c config) parse(raw json.RawMessage) (params, error) {
	p := params{Mode: random, Total: c.DefaultTotal, Shares: c.DefaultShares}
	if err := game.DecodeParams(raw, &p); err != nil {
		return p, err
	}
	if err := game.CheckRange(game.CodeInvalidParams, "total", p.Total, c.MinTotal, c.MaxTotal); err != nil {
		return p, err
	}
	if err := game.CheckRange(game.CodeInvalidParams, "shares", p.Shares, 1, min(c.MaxShares, p.Total)); err != nil {
		return p, err
	}
	switch p.Mode {
	case random, equal:
		if p.Mine != nil {
			return p, &game.Error{Code: game.CodeInvalidParams, Field: "mine", Fix: "only with mode mine; leave it out"}
		}
	case mine:
		if p.Mine == nil {
			return p, &game.Error{Code: game.CodeInvalidParams, Field: "mine", Fix: "a digit between 0 and 9"}
		}
		return p, game.CheckRange(game.CodeInvalidParams, "mine", *p.Mine, 0, 9)
	default:
		return p, &game.Error{Code: game.CodeInvalidParams, Field: "mode", Fix: "one of random, equal, mine"}
	}
	return p, nil
}

// loss is what hitting a mine costs. The schema bounds total x loss_bp inside an int64.
func (c config) loss(p params) int64 {
	if p.Mode != mine {
		return 0
	}
	return p.Total * c.LossBP / 10000
}

// opened reads the parameters of a checked round.
func opened(open game.Opening) (params, error) {
	var p params
	if err := json.Unmarshal(open.Params, &p); err != nil {
		return p, fmt.Errorf("read the parameters: %w", err)
	}
	return p, nil
}
