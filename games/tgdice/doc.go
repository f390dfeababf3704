// Package tgdice bets on the animated dice of Telegram: the bot throws one in the chat and its value decides. A group that
// trusts the animation it sees may choose it as the source of its draws. The house banks it with published odds.
//
// # What is not provable
//
// The value is Telegram's: no seed commits to it beforehand and nobody can recompute it. A proof shows the value that the chat
// saw and that the payouts follow from it, no more. All other games draw from seeds; this one says so wherever it is shown.
//
// # The maths
//
// An emoji shows a value from 1 to n: 🎲 🎯 🎳 n = 6, 🏀 ⚽ n = 5, 🎰 n = 64. The odds count every value as equally likely, as
// Telegram draws it. With h = floor(n / 2):
//
//	big    above n - h    h values     small    1 to h    h values     (of 5 values the middle one is neither)
//	odd    odd value      n - h        even     even value    h        value.N    that value    1
//
// A winning stake gets back floor(stake x pays / 100), stake included. A choice returns ways x pays / n hundredths of the
// stake; a config where that passes 100 % is refused. The default config, 🎲, returns 97.00 % (an edge of 3.00 %) on big,
// small, odd and even, and 95.00 % (5.00 %) on a value.
//
// What lives here: pure rules. What may not: storage, clocks, any randomness: the value comes from outside.
package tgdice
