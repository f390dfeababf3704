package conformance

import (
	"context"
	"fmt"
	"strconv"

	"fairground/providers/seamless"
)

const copies = 6

// cases are all cases in the order they are run. Those that leave little money come last.
func cases() []oneCase {
	return []oneCase{
		{"authenticate", "a token names player, game, asset and balance", authenticate},
		{"wrong-signature", "a call that is signed wrongly, changed or unsigned moves nothing", wrongSignature},
		{"stale-timestamp", "a call from another time moves nothing", staleTimestamp},
		{"replayed-nonce", "a nonce serves one request, which may come again", replayedNonce},
		{"duplicate-bet", "a bet that comes again, later or at once, is taken once", duplicateBet},
		{"duplicate-win", "a win that comes again, later or at once, is paid once", duplicateWin},
		{"uuid-reuse", "a transaction_uuid serves one request for good", uuidReuse},
		{"win-before-bet", "a win waits for its bet, then is paid", winBeforeBet},
		{"rollback", "a rollback gives the stake back", rollback},
		{"rollback-twice", "a bet is given back once", rollbackTwice},
		{"rollback-unknown", "a rollback of nothing is a success that moves nothing", rollbackUnknown},
		{"rollback-before-bet", "a bet that was rolled back before it came is refused", rollbackBeforeBet},
		{"rollback-paid", "neither a win nor a bet that was paid out is rolled back", rollbackPaid},
		{"late-win", "a win after the end of its round is refused, unless allowed", lateWin},
		{"late-bet", "a bet after the end of its round is refused", lateBet},
		{"close", "a round ends once, and only one that began", closeRound},
		{"negative-amount", "an amount below zero is refused, and a bet of zero", negativeAmount},
		{"overflow", "an amount too large, broken or no number is refused", overflow},
		{"malformed", "unknown and missing fields are refused by name", malformed},
		{"foreign-names", "another asset, game or player than the session's is refused", foreignNames},
		{"unknown-token", "a token of no session is refused", unknownToken},
		{"expired-bet", "an expired token does not bet", expiredBet},
		{"expired-win", "an expired token is paid its win", expiredWin},
		{"expired-rollback", "an expired token gets its stake back", expiredRollback},
		{"parallel-bets", "of bets at once with money for one, one is taken", parallelBets},
		{"arithmetic", "every answer's balance is the sum of what was staked and won", arithmetic},
	}
}

func authenticate(ctx context.Context, a *attack) error {
	got, err := a.expect(ctx, seamless.Authenticate, seamless.Request{Token: a.Token}, seamless.OK)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"player": got.answer.Player, "game": got.answer.Game, "asset": got.answer.Asset} {
		if value == "" {
			return &mismatch{expected: "authenticate: " + name, got: "none"}
		}
	}
	return a.holds(ctx, "authenticate", *got.answer.Balance)
}

// again sends a request once, once more, and repeats copies of it at once; every answer must be the first one's bytes.
func (a *attack) again(ctx context.Context, what string, s sealed) error {
	first, err := a.must(ctx, what, s, seamless.OK)
	if err != nil {
		return err
	}
	var repeats []sealed
	for range copies {
		repeats = append(repeats, a.seal(s.call, s.body)) // signed anew, as a client that tries again would
	}
	got, err := a.together(ctx, append(repeats, s)) // and the first one byte for byte
	if err != nil {
		return err
	}
	for _, one := range got {
		if one.text != first.text {
			return &mismatch{expected: what + " again: the same bytes", got: one.show()}
		}
	}
	return nil
}

// atOnce sends copies of a new request at once; all must be the same success.
func (a *attack) atOnce(ctx context.Context, what string, call seamless.Call, r seamless.Request) error {
	var same []sealed
	for range copies {
		same = append(same, a.seal(call, encode(r)))
	}
	got, err := a.together(ctx, same)
	if err != nil {
		return err
	}
	for _, one := range got {
		if one.answer.Code != seamless.OK || one.text != got[0].text {
			return &mismatch{expected: what + " " + strconv.Itoa(copies) + " times at once: OK with the same bytes", got: one.show()}
		}
	}
	return nil
}

func duplicateBet(ctx context.Context, a *attack) error {
	before, err := a.balance(ctx)
	if err != nil {
		return err
	}
	if err := a.again(ctx, "bet", a.seal(seamless.Bet, encode(a.betting(a.name("round"), a.Stake)))); err != nil {
		return err
	}
	if err := a.holds(ctx, "a bet that came again", before-a.Stake); err != nil {
		return err
	}
	if err := a.atOnce(ctx, "bet", seamless.Bet, a.betting(a.name("round"), a.Stake)); err != nil {
		return err
	}
	return a.holds(ctx, "a bet that came several times at once", before-2*a.Stake)
}

func duplicateWin(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	before, err := a.balance(ctx)
	if err != nil {
		return err
	}
	if err := a.again(ctx, "win", a.seal(seamless.Win, encode(a.winning(bet, 2)))); err != nil {
		return err
	}
	if err := a.holds(ctx, "a win that came again", before+2); err != nil {
		return err
	}
	if err := a.atOnce(ctx, "win", seamless.Win, a.winning(bet, 3)); err != nil {
		return err
	}
	return a.holds(ctx, "a win that came several times at once", before+5)
}

func uuidReuse(ctx context.Context, a *attack) error {
	bet, err := a.placed(ctx)
	if err != nil {
		return err
	}
	return a.unmoved(ctx, "other requests under a used transaction_uuid", func() error {
		other := bet
		amount := a.Stake + 1
		other.Amount = &amount
		if _, err := a.expect(ctx, seamless.Bet, other, seamless.DuplicateTransaction); err != nil {
			return err
		}
		win := a.winning(bet, 1)
		win.Transaction = bet.Transaction
		_, err := a.expect(ctx, seamless.Win, win, seamless.DuplicateTransaction)
		return err
	})
}

func winBeforeBet(ctx context.Context, a *attack) error {
	before, err := a.balance(ctx)
	if err != nil {
		return err
	}
	bet := a.betting(a.name("round"), a.Stake)
	win := a.winning(bet, 2*a.Stake)
	if _, err := a.expect(ctx, seamless.Win, win, seamless.TransactionNotFound); err != nil {
		return err
	}
	if err := a.holds(ctx, "a win without a bet", before); err != nil {
		return err
	}
	if _, err := a.expect(ctx, seamless.Bet, bet, seamless.OK); err != nil {
		return err
	}
	if _, err := a.expect(ctx, seamless.Win, win, seamless.OK); err != nil {
		return err
	}
	return a.holds(ctx, "win, bet, and the win again", before+a.Stake)
}

func parallelBets(ctx context.Context, a *attack) error {
	amount, owed, err := a.moneyForOne(ctx)
	defer func() { a.payBack(ctx, owed) }()
	if err != nil {
		return err
	}
	before, err := a.balance(ctx)
	if err != nil {
		return err
	}
	var bets []sealed
	for range copies {
		bet := a.betting(a.name("round"), amount)
		bets = append(bets, a.seal(seamless.Bet, encode(bet)))
		owed = append(owed, bet)
	}
	got, err := a.together(ctx, bets)
	if err != nil {
		return err
	}
	taken := 0
	for _, one := range got {
		switch one.answer.Code {
		case seamless.OK:
			taken++
		case seamless.NotEnoughMoney:
			if one.answer.Balance == nil || *one.answer.Balance != before-amount {
				return &mismatch{expected: fmt.Sprintf("NOT_ENOUGH_MONEY with balance %d", before-amount), got: one.show()}
			}
		default:
			return &mismatch{expected: "OK or NOT_ENOUGH_MONEY", got: one.show()}
		}
	}
	if taken != 1 {
		return &mismatch{expected: fmt.Sprintf("one of %d bets of %d with %d there", copies, amount, before), got: fmt.Sprintf("%d taken", taken)}
	}
	return a.holds(ctx, "bets at once", before-amount)
}

// maxDrain bounds how many bets moneyForOne places.
const maxDrain = 500

// moneyForOne stakes until the player has money for one bet of the amount and not for two. It returns the bets to pay back.
func (a *attack) moneyForOne(ctx context.Context) (amount int64, owed []seamless.Request, err error) {
	left, err := a.balance(ctx)
	if err != nil {
		return 0, nil, err
	}
	for amount = left/2 + 1; amount >= 1; amount /= 2 { // a limit may allow less
		bet := a.betting(a.name("round"), amount)
		got, err := a.expect(ctx, seamless.Bet, bet, seamless.OK, seamless.LimitReached)
		if err != nil {
			return 0, owed, err
		}
		if got.answer.Code == seamless.OK {
			if _, err := a.expect(ctx, seamless.Win, a.winning(bet, amount), seamless.OK); err != nil {
				return 0, owed, err
			}
			break
		}
	}
	if amount < 1 || left/amount > maxDrain {
		return 0, owed, &skipped{why: "the player has too much money for the game's largest stake: use one with less"}
	}
	for left >= 2*amount {
		bet := a.betting(a.name("round"), amount)
		if _, err := a.expect(ctx, seamless.Bet, bet, seamless.OK); err != nil {
			return 0, owed, err
		}
		owed = append(owed, bet)
		left -= amount
	}
	return amount, owed, nil
}

// payBack wins back what was staked. Bets that were not taken have no win: that refusal is expected.
func (a *attack) payBack(ctx context.Context, owed []seamless.Request) {
	for _, bet := range owed {
		_, _ = a.call(ctx, seamless.Win, a.winning(bet, *bet.Amount)) // what fails here shows in the next case
	}
}

func arithmetic(ctx context.Context, a *attack) error {
	want, err := a.balance(ctx)
	if err != nil {
		return err
	}
	for i := range int64(8) {
		bet := a.betting(a.name("round"), a.Stake+i%3)
		won := (i * 7) % (2 * a.Stake)
		for _, step := range []struct {
			call    seamless.Call
			request seamless.Request
			moves   int64
		}{
			{seamless.Bet, bet, -*bet.Amount},
			{seamless.Win, a.winning(bet, won), won},
			{seamless.Win, a.winning(bet, 0), 0},
		} {
			want += step.moves
			got, err := a.expect(ctx, step.call, step.request, seamless.OK)
			if err != nil {
				return err
			}
			if got.answer.Balance == nil || *got.answer.Balance != want {
				return &mismatch{expected: fmt.Sprintf("%s of %d: balance %d", step.call, *step.request.Amount, want), got: got.show()}
			}
		}
		if _, err := a.expect(ctx, seamless.Close, a.closing(bet.Round), seamless.OK); err != nil {
			return err
		}
	}
	return a.holds(ctx, "everything", want)
}
