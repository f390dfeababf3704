package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/postgres"
	"fairground/internal/secret"
)

// purposeDialogue is the purpose of the key that seals dialogues.
const purposeDialogue = "notify:dialogue"

// dialogueLife is how long a person may take for the next message.
const dialogueLife = 15 * time.Minute

// Dialogues keep what a bot and a person of one tenant are talking about, across restarts.
type Dialogues struct {
	db     *postgres.DB
	box    *secret.Box
	tenant int64
}

// NewDialogues are the dialogues of a tenant. The box seals them.
func NewDialogues(db *postgres.DB, box *secret.Box, tenant int64) *Dialogues {
	return &Dialogues{db: db, box: box, tenant: tenant}
}

// Get is a person's dialogue, nil when there is none or the last message was too long ago.
func (d *Dialogues) Get(ctx context.Context, user int64) ([]byte, error) {
	var sealed []byte
	err := d.db.Call(ctx, d.tenant, `SELECT state FROM dialogues
		WHERE tenant_id = $1 AND user_id = $2 AND expires_at > clock_timestamp()`, []any{d.tenant, user}, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("notify: read a dialogue: %w", err)
	}
	plain, err := d.box.Open(purposeDialogue, sealed, d.owner(user))
	if err != nil {
		return nil, fmt.Errorf("notify: open a dialogue: %w", err)
	}
	return plain, nil
}

// Put replaces a person's dialogue.
func (d *Dialogues) Put(ctx context.Context, user int64, state []byte) error {
	sealed, err := d.box.Seal(purposeDialogue, state, d.owner(user))
	if err != nil {
		return fmt.Errorf("notify: seal a dialogue: %w", err)
	}
	err = d.db.Call(ctx, d.tenant, `INSERT INTO dialogues (tenant_id, user_id, state, expires_at)
		VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
		ON CONFLICT (tenant_id, user_id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at`,
		[]any{d.tenant, user, sealed, dialogueLife.Seconds()})
	if err != nil {
		return fmt.Errorf("notify: keep a dialogue: %w", err)
	}
	return nil
}

// Drop ends a person's dialogue, and removes those that nobody went on with.
func (d *Dialogues) Drop(ctx context.Context, user int64) error {
	err := d.db.Call(ctx, d.tenant, `DELETE FROM dialogues WHERE tenant_id = $1 AND (user_id = $2 OR expires_at < clock_timestamp())`,
		[]any{d.tenant, user})
	if err != nil {
		return fmt.Errorf("notify: end a dialogue: %w", err)
	}
	return nil
}

// owner binds a sealed dialogue to its person.
func (d *Dialogues) owner(user int64) []byte {
	return []byte(strconv.FormatInt(d.tenant, 10) + "/" + strconv.FormatInt(user, 10))
}
