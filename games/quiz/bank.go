package quiz

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"fairground/games/game"
)

const (
	maxQuestion = 300
	maxOption   = 100
	minOptions  = 2
	saltBytes   = 16
	letters     = "abcd"
)

// MaxSize is the most questions of a bank.
const MaxSize = 10_000

// Question is one question of a bank.
type Question struct {
	Answer   string   `json:"answer"`  // the letter of the right option, from "a"
	Options  []string `json:"options"` // two to four
	Question string   `json:"question"`
	Salt     string   `json:"salt"` // 16 random bytes in hex
}

// Check says what is wrong with a question, salt apart: a *game.Error with the field.
func (q Question) Check() error {
	if err := checkText("question", q.Question, maxQuestion); err != nil {
		return err
	}
	if n := len(q.Options); n < minOptions || n > len(letters) {
		return invalid("options", fmt.Sprintf("%d to %d of them", minOptions, len(letters)))
	}
	seen := map[string]bool{}
	for i, option := range q.Options {
		field := "options." + letters[i:i+1]
		if err := checkText(field, option, maxOption); err != nil {
			return err
		}
		if seen[option] {
			return invalid(field, "an option that no other one repeats")
		}
		seen[option] = true
	}
	if i := answerIndex(q.Answer); i < 0 || i >= len(q.Options) {
		return invalid("answer", "the letter of an option, a to "+letters[len(q.Options)-1:len(q.Options)])
	}
	return nil
}

// checkText refuses what is empty, too long, or holds a control character: lines are what a hash is made of.
func checkText(field, text string, most int) error {
	if n := utf8.RuneCountInString(text); n < 1 || n > most || strings.TrimSpace(text) != text || !utf8.ValidString(text) {
		return invalid(field, fmt.Sprintf("1 to %d characters without spaces around", most))
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return invalid(field, "one line without control characters")
	}
	return nil
}

func invalid(field, fix string) error {
	return &game.Error{Code: game.CodeInvalidParams, Field: field, Fix: fix}
}

// answerIndex is the place of an option by its letter, -1 for none.
func answerIndex(letter string) int {
	if len(letter) != 1 {
		return -1
	}
	return strings.Index(letters, letter)
}

// Read decodes a stored bank and checks it.
func Read(raw json.RawMessage) ([]Question, error) {
	var bank []Question
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&bank); err != nil {
		return nil, errors.New("read a bank: it is not a list of questions") // a decoder's error may quote what is secret
	}
	for i, q := range bank {
		if err := q.stored(); err != nil {
			return nil, fmt.Errorf("question %d of the bank: %w", i, err)
		}
	}
	return bank, nil
}

// stored checks a question with its salt.
func (q Question) stored() error {
	if raw, err := hex.DecodeString(q.Salt); err != nil || len(raw) != saltBytes || hex.EncodeToString(raw) != q.Salt {
		return invalid("salt", "32 lower-case hex digits")
	}
	return q.Check()
}

// leaf is the hash of a question at its place in the bank.
func (q Question) leaf(index int) [sha256.Size]byte {
	lines := append([]string{"fairground.question.v1", strconv.Itoa(index), q.Salt, q.Answer, q.Question}, q.Options...)
	return sha256.Sum256([]byte(strings.Join(lines, "\n") + "\n"))
}

func node(left, right [sha256.Size]byte) [sha256.Size]byte {
	return sha256.Sum256(bytes.Join([][]byte{[]byte("fairground.node.v1\n"), left[:], right[:]}, nil))
}

// tree is the rows of the Merkle tree, leaves first. A bank has at least one question.
func tree(bank []Question) [][][sha256.Size]byte {
	row := make([][sha256.Size]byte, len(bank))
	for i, q := range bank {
		row[i] = q.leaf(i)
	}
	rows := [][][sha256.Size]byte{row}
	for len(row) > 1 {
		up := make([][sha256.Size]byte, (len(row)+1)/2)
		for i := range up {
			if up[i] = row[2*i]; 2*i+1 < len(row) {
				up[i] = node(row[2*i], row[2*i+1])
			}
		}
		row = up
		rows = append(rows, row)
	}
	return rows
}

// path is the siblings on the way from a leaf to the root, in hex.
func path(rows [][][sha256.Size]byte, index int) []string {
	steps := []string{}
	for _, row := range rows[:len(rows)-1] {
		if sibling := index ^ 1; sibling < len(row) {
			steps = append(steps, hex.EncodeToString(row[sibling][:]))
		}
		index /= 2
	}
	return steps
}

// climb is the hash of a bank of a size that has the question at a place, by the path from there.
func climb(q Question, index, size int, steps []string) (string, error) {
	at := q.leaf(index)
	for n := size; n > 1; n = (n + 1) / 2 {
		if index^1 < n {
			if len(steps) == 0 {
				return "", errors.New("the path is too short")
			}
			raw, err := hex.DecodeString(steps[0])
			if err != nil || len(raw) != sha256.Size || hex.EncodeToString(raw) != steps[0] {
				return "", errors.New("the path is not of hashes")
			}
			if sibling := [sha256.Size]byte(raw); index%2 == 0 {
				at = node(at, sibling)
			} else {
				at = node(sibling, at)
			}
			steps = steps[1:]
		}
		index /= 2
	}
	if len(steps) > 0 {
		return "", errors.New("the path is too long")
	}
	return seal(size, at), nil
}

func seal(size int, root [sha256.Size]byte) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "fairground.bank.v1\n%d\n%x\n", size, root))
	return hex.EncodeToString(sum[:])
}

// Hash is what a config commits to. The bank has been read by Read; the hash of no questions is empty.
func Hash(bank []Question) string {
	if len(bank) == 0 {
		return ""
	}
	rows := tree(bank)
	return seal(len(bank), rows[len(rows)-1][0])
}
