package conformance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fairground/providers/seamless"
)

func wrongSignature(ctx context.Context, a *attack) error {
	body := encode(a.betting(a.name("round"), a.Stake))
	forged := a.seal(seamless.Bet, body)
	forged.header = seamless.Sign(a.Provider, []byte("another secret"), seamless.Bet, a.Clock.Now(), seamless.NewNonce(), body)
	changed := a.seal(seamless.Bet, body)
	changed.body = encode(a.betting(a.name("round"), a.Stake))
	moved := a.seal(seamless.Balance, body)
	moved.call = seamless.Bet
	unsigned := a.seal(seamless.Bet, body)
	unsigned.header.Del(seamless.SignatureHeader)
	return a.unmoved(ctx, "wrong signatures", func() error {
		for what, s := range map[string]sealed{
			"a bet signed with another secret": forged, "a bet changed after it was signed": changed,
			"a bet signed as another call": moved, "a bet without a signature": unsigned,
		} {
			if _, err := a.must(ctx, what, s, seamless.InvalidSignature); err != nil {
				return err
			}
		}
		return nil
	})
}

func staleTimestamp(ctx context.Context, a *attack) error {
	return a.unmoved(ctx, "calls from another time", func() error {
		for what, off := range map[string]time.Duration{"a bet of 10 minutes ago": -10 * time.Minute, "a bet of in 10 minutes": 10 * time.Minute} {
			body := encode(a.betting(a.name("round"), a.Stake))
			if _, err := a.must(ctx, what, a.sealAt(seamless.Bet, body, a.Clock.Now().Add(off), seamless.NewNonce()), seamless.StaleRequest); err != nil {
				return err
			}
		}
		return nil
	})
}

func replayedNonce(ctx context.Context, a *attack) error {
	nonce := seamless.NewNonce()
	first := a.sealAt(seamless.Authenticate, encode(seamless.Request{Token: a.Token}), a.Clock.Now(), nonce)
	if _, err := a.must(ctx, "authenticate", first, seamless.OK); err != nil {
		return err
	}
	return a.unmoved(ctx, "a nonce that came again", func() error {
		bet := a.sealAt(seamless.Bet, encode(a.betting(a.name("round"), a.Stake)), a.Clock.Now(), nonce)
		if _, err := a.must(ctx, "a bet with a used nonce", bet, seamless.NonceReused); err != nil {
			return err
		}
		_, err := a.must(ctx, "the same request with its nonce", first, seamless.OK)
		return err
	})
}

func negativeAmount(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	return a.unmoved(ctx, "amounts below zero", func() error {
		for _, amount := range []int64{-1, -1_000_000, 0} {
			body := encode(a.betting(a.name("round"), amount))
			if err := a.refused(ctx, fmt.Sprintf("a bet of %d", amount), seamless.Bet, body, "amount"); err != nil {
				return err
			}
		}
		return a.refused(ctx, "a win of -1", seamless.Win, encode(a.winning(bet, -1)), "amount")
	})
}

func overflow(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	return a.unmoved(ctx, "amounts that are none", func() error {
		for _, amount := range []string{"9223372036854775807", "9223372036854775808", "1e30", "1.5", `"10"`, "true", "null"} {
			for call, r := range map[seamless.Call]seamless.Request{seamless.Bet: a.betting(a.name("round"), 7), seamless.Win: a.winning(bet, 7)} {
				body := strings.Replace(string(encode(r)), `"amount":7`, `"amount":`+amount, 1)
				if err := a.refused(ctx, fmt.Sprintf("a %s of %s", call, amount), call, []byte(body), "amount"); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func malformed(ctx context.Context, a *attack) error {
	return a.unmoved(ctx, "malformed bets", func() error {
		whole := string(encode(a.betting(a.name("round"), a.Stake)))
		for what, c := range map[string]struct{ body, field string }{
			"a bet with an unknown field":       {strings.Replace(whole, "{", `{"bonus":1,`, 1), "bonus"},
			"a bet with a field of a win":       {strings.Replace(whole, "{", `{"free":true,`, 1), "free"},
			"a bet without a round":             {strings.Replace(whole, `"round"`, `"tour"`, 1), ""},
			"a bet with an empty round":         {string(encode(a.betting("", a.Stake))), "round"},
			"a bet with a round of 200 letters": {string(encode(a.betting(strings.Repeat("r", 200), a.Stake))), "round"},
			"a bet that is no JSON":             {"bet=10", ""},
			"a bet with something behind it":    {whole + whole, ""},
			"a bet that is a list":              {"[" + whole + "]", ""},
		} {
			if err := a.refused(ctx, what, seamless.Bet, []byte(c.body), c.field); err != nil {
				return err
			}
		}
		return nil
	})
}

func foreignNames(ctx context.Context, a *attack) error {
	return a.unmoved(ctx, "bets in other names", func() error {
		asset, game, player := a.betting(a.name("round"), a.Stake), a.betting(a.name("round"), a.Stake), a.betting(a.name("round"), a.Stake)
		asset.Asset, game.Game, player.Player = "zzz", "no-such-game", "u_nobody"
		for field, r := range map[string]seamless.Request{"asset": asset, "game": game, "player": player} {
			if err := a.refused(ctx, "a bet with another "+field, seamless.Bet, encode(r), field); err != nil {
				return err
			}
		}
		return nil
	})
}

func unknownToken(ctx context.Context, a *attack) error {
	return a.unmoved(ctx, "calls with an unknown token", func() error {
		bet := a.betting(a.name("round"), a.Stake)
		bet.Token = a.name("token")
		if _, err := a.expect(ctx, seamless.Bet, bet, seamless.TokenInvalid); err != nil {
			return err
		}
		_, err := a.expect(ctx, seamless.Authenticate, seamless.Request{Token: a.name("token")}, seamless.TokenInvalid)
		return err
	})
}
