package conformance

import (
	"context"

	"fairground/providers/seamless"
)

func rollback(ctx context.Context, a *attack) error {
	return a.unmoved(ctx, "a bet and its rollback", func() error {
		bet, err := a.placed(ctx)
		if err != nil {
			return err
		}
		_, err = a.expect(ctx, seamless.Rollback, a.rollingBack(bet), seamless.OK)
		return err
	})
}

func rollbackTwice(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	back := encode(a.rollingBack(bet))
	first, err := a.must(ctx, "rollback", a.seal(seamless.Rollback, back), seamless.OK)
	if err != nil {
		return err
	}
	return a.unmoved(ctx, "the second rollback of a bet", func() error {
		second, err := a.must(ctx, "rollback again", a.seal(seamless.Rollback, back), seamless.OK)
		if err != nil {
			return err
		}
		if second.text != first.text {
			return &mismatch{expected: "rollback again: the same bytes", got: second.show()}
		}
		_, err = a.expect(ctx, seamless.Rollback, a.rollingBack(bet), seamless.OK)
		return err
	})
}

func rollbackUnknown(ctx context.Context, a *attack) error {
	return a.unmoved(ctx, "a rollback of nothing", func() error {
		never := a.betting(a.name("round"), a.Stake)
		return a.again(ctx, "rollback", a.seal(seamless.Rollback, encode(a.rollingBack(never))))
	})
}

func rollbackBeforeBet(ctx context.Context, a *attack) error {
	return a.unmoved(ctx, "a rollback and then its bet", func() error {
		bet := a.betting(a.name("round"), a.Stake)
		if _, err := a.expect(ctx, seamless.Rollback, a.rollingBack(bet), seamless.OK); err != nil {
			return err
		}
		for range 2 {
			if _, err := a.expect(ctx, seamless.Bet, bet, seamless.TransactionUndone); err != nil {
				return err
			}
		}
		return nil
	})
}

func rollbackPaid(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	win := a.winning(bet, a.Stake)
	if _, err := a.expect(ctx, seamless.Win, win, seamless.OK); err != nil {
		return err
	}
	return a.unmoved(ctx, "rollbacks of what was paid", func() error {
		for _, reference := range []seamless.Request{win, bet} {
			if _, err := a.expect(ctx, seamless.Rollback, a.rollingBack(reference), seamless.RollbackRefused); err != nil {
				return err
			}
		}
		return nil
	})
}

func lateWin(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	if _, err := a.expect(ctx, seamless.Close, a.closing(bet.Round), seamless.OK); err != nil {
		return err
	}
	before, err := a.balance(ctx)
	if err != nil {
		return err
	}
	want := seamless.RoundClosed
	if a.LateWins {
		want, before = seamless.OK, before+1
	}
	if _, err := a.expect(ctx, seamless.Win, a.winning(bet, 1), want); err != nil {
		return err
	}
	return a.holds(ctx, "a win after the end", before)
}

func lateBet(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	return a.unmoved(ctx, "a bet after the end", func() error {
		if _, err := a.expect(ctx, seamless.Close, a.closing(bet.Round), seamless.OK); err != nil {
			return err
		}
		_, err := a.expect(ctx, seamless.Bet, a.betting(bet.Round, a.Stake), seamless.RoundClosed)
		return err
	})
}

func closeRound(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	if err := a.again(ctx, "close", a.seal(seamless.Close, encode(a.closing(bet.Round)))); err != nil {
		return err
	}
	_, err = a.expect(ctx, seamless.Close, a.closing(a.name("round")), seamless.RoundNotFound)
	return err
}

func expiredBet(ctx context.Context, a *attack) error {
	if a.ExpiredToken == "" {
		return &skipped{why: "no expired token was given"}
	}
	return a.unmoved(ctx, "a bet with an expired token", func() error {
		bet := a.betting(a.name("round"), a.Stake)
		bet.Token = a.ExpiredToken
		_, err := a.expect(ctx, seamless.Bet, bet, seamless.TokenExpired)
		return err
	})
}

func expiredWin(ctx context.Context, a *attack) error {
	if a.ExpiredToken == "" {
		return &skipped{why: "no expired token was given"}
	}
	return a.unmoved(ctx, "a bet and a win of as much with an expired token", func() error {
		bet, err := a.placed(ctx)
		if err != nil {
			return err
		}
		win := a.winning(bet, a.Stake)
		win.Token = a.ExpiredToken
		_, err = a.expect(ctx, seamless.Win, win, seamless.OK)
		return err
	})
}

func expiredRollback(ctx context.Context, a *attack) error {
	if a.ExpiredToken == "" {
		return &skipped{why: "no expired token was given"}
	}
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	back := a.rollingBack(bet)
	back.Token = a.ExpiredToken
	_, err = a.expect(ctx, seamless.Rollback, back, seamless.OK)
	return err
}
