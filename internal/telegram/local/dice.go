package local

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// diceSides is how many values each emoji has, 0 for one that does not roll.
func diceSides(emoji string) uint64 {
	switch emoji {
	case "🎲", "🎯", "🎳":
		return 6
	case "🏀", "⚽", "⚽️":
		return 5
	case "🎰":
		return 64
	}
	return 0
}

// sendDice sends a value that this server chooses.
func (s *Server) sendDice(c *call) (any, error) {
	emoji := c.params["emoji"]
	if emoji == "" {
		emoji = "🎲"
	}
	sides := diceSides(emoji)
	if sides == 0 {
		return nil, badRequest("DICE_EMOJI_INVALID")
	}
	r, m, err := s.draft(c)
	if err != nil {
		return nil, err
	}
	if m.ReplyMarkup, err = c.readKeyboard(r); err != nil {
		return nil, err
	}
	if err := s.spend(c, r); err != nil {
		return nil, err
	}
	m.Dice = &Dice{Emoji: emoji, Value: s.roll(sides)}
	s.post(r, m)
	return m, nil
}

// roll draws 1..sides. With a seed set by /sim/dice the rolls repeat.
func (s *Server) roll(sides uint64) int {
	s.world.DiceRolls++
	if s.world.DiceSeed == "" {
		return 1 + int(randomID()%sides) //nolint:gosec // at most 64
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s:%d", s.world.DiceSeed, s.world.DiceRolls))
	return 1 + int(binary.BigEndian.Uint64(sum[:])%sides) //nolint:gosec // at most 64
}
