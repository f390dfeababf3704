package games

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"fairground/games/game"
	"fairground/games/quiz"
)

// bankReader collects the questions of an import and says where one is wrong.
type bankReader struct {
	what      string // what lines are called: "line" or "question"
	questions []quiz.Question
	seen      map[string]int // the text of a question and its line
}

func newBankReader(what string) *bankReader { return &bankReader{what: what, seen: map[string]int{}} }

// add checks a question and takes it.
func (r *bankReader) add(line int, q quiz.Question) error {
	if wrong, ok := errors.AsType[*game.Error](q.Check()); ok {
		return r.at(line, wrong.Field, wrong.Fix)
	}
	if first, twice := r.seen[q.Question]; twice {
		return r.at(line, "question", fmt.Sprintf("another one than in %s %d", r.what, first))
	}
	if len(r.questions) == quiz.MaxSize {
		return r.at(line, "question", fmt.Sprintf("at most %d questions", quiz.MaxSize))
	}
	r.seen[q.Question] = line
	r.questions = append(r.questions, q)
	return nil
}

func (r *bankReader) at(line int, field, fix string) error {
	where := fmt.Sprintf("%s %d", r.what, line)
	if field != "" {
		where += ", " + field
	}
	return badBank(where, fix)
}

func (r *bankReader) done(field string) ([]quiz.Question, error) {
	if len(r.questions) == 0 {
		return nil, badBank(field, "at least one question")
	}
	return r.questions, nil
}

// readBankJSON reads a list of questions. Questions are counted from 1.
func readBankJSON(raw json.RawMessage) ([]quiz.Question, error) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, badBank("questions", "a list of questions")
	}
	r := newBankReader("question")
	for i, item := range items {
		var q struct {
			Question string   `json:"question"`
			Options  []string `json:"options"`
			Answer   string   `json:"answer"`
		}
		dec := json.NewDecoder(bytes.NewReader(item))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&q); err != nil {
			if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
				field, _, _ := strings.Cut(wrong.Field, ".")
				fix := "a text"
				if field == "options" {
					fix = "a list of texts"
				}
				return nil, r.at(i+1, field, fix)
			}
			return nil, r.at(i+1, "", "an object of question, options and answer alone")
		}
		if err := r.add(i+1, quiz.Question{Question: q.Question, Options: q.Options, Answer: q.Answer}); err != nil {
			return nil, err
		}
	}
	return r.done("questions")
}

// readBankCSV reads a table with a header. Lines are those of the text, from 1.
func readBankCSV(text string) ([]quiz.Question, error) {
	table := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r := newBankReader("line")
	header, err := table.Read()
	if err != nil {
		return nil, r.broken(err)
	}
	columns, err := bankColumns(header)
	if err != nil {
		return nil, err
	}
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return r.done("csv")
		}
		if err != nil {
			return nil, r.broken(err)
		}
		line, _ := table.FieldPos(0)
		q := quiz.Question{Question: row[columns["question"]], Answer: strings.ToLower(row[columns["answer"]])}
		if q.Options, err = r.options(line, row, columns); err != nil {
			return nil, err
		}
		if err := r.add(line, q); err != nil {
			return nil, err
		}
	}
}

// options are a row's options up to the first empty one; none may stand after it.
func (r *bankReader) options(line int, row []string, columns map[string]int) ([]string, error) {
	var options []string
	ended := false
	for _, letter := range []string{"a", "b", "c", "d"} {
		column, ok := columns[letter]
		switch empty := !ok || row[column] == ""; {
		case empty:
			ended = true
		case ended:
			return nil, r.at(line, "options."+letter, "no option after an empty one")
		default:
			options = append(options, row[column])
		}
	}
	return options, nil
}

// bankColumns finds the columns by their names.
func bankColumns(header []string) (map[string]int, error) {
	const want = "a header of question, a, b, answer, and c and d where needed"
	known, columns := []string{"question", "a", "b", "c", "d", "answer"}, map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := columns[name]; twice || !slices.Contains(known, name) {
			return nil, badBank("line 1", want)
		}
		columns[name] = i
	}
	for _, name := range []string{"question", "a", "b", "answer"} {
		if _, ok := columns[name]; !ok {
			return nil, badBank("line 1", want)
		}
	}
	return columns, nil
}

// broken says where a table can't be read.
func (r *bankReader) broken(err error) error {
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		fix := "quotes that open and close around a whole field"
		if errors.Is(at.Err, csv.ErrFieldCount) {
			fix = "as many fields as the header"
		}
		return r.at(at.Line, "", fix)
	}
	return badBank("csv", "a table with a header")
}
