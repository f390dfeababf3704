package games

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"fairground/games/game"
	"fairground/games/quiz"
	"fairground/models"
	"fairground/operators"
)

// purposeBank seals banks of questions.
const purposeBank = "question.bank"

// Refusals of banks; compare with errors.Is.
var (
	// ErrInvalidBank names the line and the field that are wrong, and quotes nothing of the bank.
	ErrInvalidBank  = models.E("games.invalid_bank", "the bank of questions can't be taken")
	ErrBankNotFound = models.E("games.no_content", "the config commits to a bank that was not imported here")
)

var bankName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{2,31}$`)

// BankImport is a bank of questions as an operator brings it: exactly one of Items and CSV.
type BankImport struct {
	By     operators.Authority
	Bank   string          // its name in the tenant: 3 to 32 lower-case letters, digits, - and _
	Title  string          // what operators see, 1 to 80 characters
	Items  json.RawMessage // JSON: [{"question": …, "options": ["…", "…"], "answer": "b"}, …]
	CSV    string          // with a header: question,a,b,c,d,answer
	Reason string          // kept in the operation log
}

// Bank is what anybody may know of a bank. The questions are sealed.
type Bank struct {
	Bank       string
	Version    int // from 1; a version never changes
	Title      string
	Size       int
	Hash       string    // what a config commits to
	ImportedAt time.Time // UTC
}

// ImportBank stores a bank as the next version of its name. It needs banks.import and a step-up. Nothing is stored unless
// all of it is. Every question gets a salt of its own, so the same questions have another hash each time.
//
// Errors: ErrInvalidBank with line and field, those of operators and of postgres.DB.
func (e *Engine) ImportBank(ctx context.Context, in BankImport) (Bank, error) {
	bank := Bank{Bank: in.Bank, Title: in.Title}
	questions, err := in.read()
	if err != nil {
		return Bank{}, err
	}
	for i := range questions {
		var salt [16]byte
		if _, err := rand.Read(salt[:]); err != nil {
			return Bank{}, fmt.Errorf("read random bytes: %w", err)
		}
		questions[i].Salt = hex.EncodeToString(salt[:])
	}
	bank.Size, bank.Hash = len(questions), quiz.Hash(questions)
	plain, err := json.Marshal(questions)
	if err != nil {
		return Bank{}, errors.New("write a bank of questions") // the cause may quote them
	}
	sealed, err := e.box.Seal(purposeBank, plain, bankPlace(in.By.Tenant, bank.Hash))
	if err != nil {
		return Bank{}, fmt.Errorf("seal a bank of questions: %w", err)
	}
	return e.storeBank(ctx, in, bank, sealed)
}

func (e *Engine) storeBank(ctx context.Context, in BankImport, bank Bank, sealed []byte) (Bank, error) {
	facts, err := json.Marshal(map[string]any{"bank": bank.Bank, "title": bank.Title, "size": bank.Size, "hash": bank.Hash})
	if err != nil {
		return Bank{}, fmt.Errorf("write the facts of a bank: %w", err)
	}
	var raw json.RawMessage
	if err := e.db.Call(ctx, in.By.Tenant, `SELECT api_question_bank_import($1, $2, $3, $4, $5, $6, $7)`,
		[]any{in.By.Tenant, string(in.By.Via), in.By.Proof, in.By.RequestID, facts, sealed, in.Reason}, &raw); err != nil {
		return Bank{}, fmt.Errorf("import a bank of questions: %w", err)
	}
	var answer struct {
		Code       string    `json:"code"`
		Version    int       `json:"version"`
		ImportedAt time.Time `json:"imported_at"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return Bank{}, fmt.Errorf("import a bank of questions: read the answer: %w", err)
	}
	if answer.Code != "ok" {
		if known := operators.FromCode(answer.Code); known != nil {
			return Bank{}, known
		}
		return Bank{}, fmt.Errorf("import a bank of questions: unknown code %q", answer.Code)
	}
	bank.Version, bank.ImportedAt = answer.Version, answer.ImportedAt.UTC()
	return bank, nil
}

// ListBanks lists the banks of a tenant, every version, by name and then newest first.
func (e *Engine) ListBanks(ctx context.Context, tenant int64) ([]Bank, error) {
	var banks []Bank
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT bank, version, title, size, hash, imported_at FROM question_banks
			WHERE tenant_id = $1 ORDER BY bank, version DESC`, tenant)
		if err != nil {
			return err
		}
		banks, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Bank])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the banks of questions: %w", err)
	}
	for i := range banks {
		banks[i].ImportedAt = banks[i].ImportedAt.UTC()
	}
	return banks, nil
}

// bankOf is the bank that a round of a Banked game plays with, as Pick takes it. It is secret: never log it. It returns
// ErrBankNotFound.
func (e *Engine) bankOf(ctx context.Context, tenant int64, rules game.Banked, open game.Opening) (json.RawMessage, error) {
	if own, ok := rules.(game.Stocked); ok {
		if bank, ok := own.OwnBank(open); ok {
			return bank, nil
		}
	}
	var sealed []byte
	err := e.db.Call(ctx, tenant, `SELECT items_sealed FROM question_banks WHERE tenant_id = $1 AND hash = $2`, []any{tenant, open.Content}, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrBankNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a bank of questions: %w", err)
	}
	plain, err := e.box.Open(purposeBank, sealed, bankPlace(tenant, open.Content))
	if err != nil {
		return nil, fmt.Errorf("open the bank of questions %s: %w", open.Content, err)
	}
	return plain, nil
}

// bankPlace ties a sealed bank to its tenant and its hash.
func bankPlace(tenant int64, hash string) []byte { return fmt.Appendf(nil, "%d/%s", tenant, hash) }

// read checks an import and gives its questions, without salts yet.
func (in BankImport) read() ([]quiz.Question, error) {
	switch {
	case !bankName.MatchString(in.Bank) || in.Bank == quiz.OwnBank:
		return nil, badBank("bank", "3 to 32 lower-case letters, digits, - and _, not "+quiz.OwnBank)
	case utf8.RuneCountInString(in.Title) > 80 || in.Title == "" || strings.TrimSpace(in.Title) != in.Title || !utf8.ValidString(in.Title):
		return nil, badBank("title", "1 to 80 characters without spaces around")
	case (len(in.Items) > 0) == (in.CSV != ""):
		return nil, badBank("questions", "exactly one of questions and csv")
	}
	if in.CSV != "" {
		return readBankCSV(in.CSV)
	}
	return readBankJSON(in.Items)
}

func badBank(field, fix string) error { return models.FieldError(ErrInvalidBank.Code, field, fix) }
