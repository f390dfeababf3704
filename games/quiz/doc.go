// Package quiz is a round of questions: everybody pays the same entry, answers against the clock, and the pot goes to whoever
// knew best. The players bank it; the house takes nothing.
//
// # The bank
//
// The questions come from a bank that nobody may know beforehand. The config commits to it by bank_hash and bank_size, so a
// proof shows the questions that were asked and nothing of the others. Leaf i, from 0, is the SHA-256 of the lines
//
//	fairground.question.v1 / i / salt / answer / question / option a / option b / …
//
// each ended by a line feed, with a random salt a question, so that nobody can try out guesses against a hash. A node is the
// SHA-256 of "fairground.node.v1", a line feed and the bytes of both children; the last node of an odd row moves up as it is.
// The hash is the SHA-256 of the lines "fairground.bank.v1", the size and the root in hex, each ended by a line feed.
//
// The game brings a small bank of its own, named "default", to try it out: everybody can read its answers in the source.
//
// # The draw
//
// A shuffle cut short: for i from 0, the i-th question is the one at place i + fairness.Stream.Intn(size - i) of the row of all
// questions, which then swaps places with the i-th. Every choice in every order is equally likely.
//
// # The run
//
// Question q, from 0, is open from q x seconds to (q+1) x seconds after the start, by the database's clock. A bet answers each
// question once: slot q, with the letter of an option. The answers are shown when all is over.
//
// # What it pays
//
// The pot is the sum of the entries, and all of it is paid out. What doesn't divide goes one unit each to the first.
//
//	first        the pot is divided among the questions that somebody knew, in their order; each part goes to whoever
//	             answered right first, at the same millisecond to the bet with the lower seq
//	fastest      most right answers; of those the least time over the right answers; who is still equal shares, by seq
//	all_correct  everybody who knew all the answers shares, by seq
//
// If nobody knew anything (first, fastest) or everything (all_correct), every entry goes back.
//
// What lives here: pure rules and the form of a bank. What may not: storage, clocks, any randomness but the stream.
package quiz
