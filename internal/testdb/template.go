package testdb

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	neturl "net/url"
	"os"
	"sync"

	"github.com/jackc/pgx/v5"

	"fairground/internal/clock"
	"fairground/internal/localstack"
	"fairground/internal/postgres"
	"fairground/migrations"
)

// ready is the comment on a template that is complete. Change it together with what make does.
const ready = "fairground template 3, ready"

// empower lets an owner who is no superuser do what tests ask of DB.Owner: end the application role's connections,
// and see all rows. That asks for who logged in, so functions that run as the owner for the application role stay
// fenced as in production.
const empower = `DO $$
DECLARE t regclass;
BEGIN
  IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
    RETURN;
  END IF;
  EXECUTE format('GRANT %I TO %I', current_database() || '_app', session_user);
  FOR t IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
    EXECUTE format('CREATE POLICY look_behind ON %1$s USING (session_user = %2$L) WITH CHECK (session_user = %2$L)', t, session_user);
  END LOOP;
END $$`

// templateLock keeps two test processes from making the same template at once.
const templateLock = 70017002

// template is a migrated database that tests clone. adminURL is the maintenance database.
type template struct {
	adminURL, url, name string
	private             io.Closer // keeps the private server running
}

// prepare makes the template once a process.
//
//nolint:gochecknoglobals // one server and one template serve every test of the process
var prepare = sync.OnceValues(makeTemplate)

func makeTemplate() (template, error) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	adminURL := os.Getenv("DATABASE_URL") //nolint:forbidigo // tests have no config room
	var private io.Closer
	if adminURL == "" {
		var err error
		if adminURL, private, err = localstack.TetherPostgres(ctx); err != nil {
			return template{}, fmt.Errorf("start a private server: %w", err)
		}
	}
	fingerprint, err := migrations.Fingerprint()
	if err != nil {
		return template{}, err
	}
	// Partitions are made for the months from now on, so a template serves one month.
	// Only its owner may copy it, so each owner has one.
	owner, err := neturl.Parse(adminURL)
	if err != nil {
		return template{}, errors.New("the database address is not a URL")
	}
	name := fmt.Sprintf("fairground_template_%s_%s_%08x", clock.System().Now().Format("200601"), fingerprint,
		crc32.ChecksumIEEE([]byte(owner.User.Username())))
	url, err := postgres.WithDatabase(adminURL, name)
	if err != nil {
		return template{}, err
	}
	t := template{adminURL: adminURL, url: url, name: name, private: private}
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return template{}, fmt.Errorf("connect to the server: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(templateLock)); err != nil {
		return template{}, fmt.Errorf("lock the template: %w", err)
	}
	return t, t.make(ctx, conn)
}

// make migrates the template unless an earlier process finished it. The lock is held, and
// goes with the connection.
func (t template) make(ctx context.Context, conn *pgx.Conn) error {
	var comment string
	err := conn.QueryRow(ctx, `SELECT coalesce(shobj_description(oid, 'pg_database'), '')
		FROM pg_database WHERE datname = $1`, t.name).Scan(&comment)
	switch {
	case err == nil && comment == ready:
		return nil
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("look for the template: %w", err)
	}
	quoted := pgx.Identifier{t.name}.Sanitize()
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + quoted + " WITH (FORCE)", "CREATE DATABASE " + quoted} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create the template: %w", err)
		}
	}
	if err := migrations.Apply(ctx, t.url, Password); err != nil {
		return err
	}
	if err := execute(ctx, t.url, empower); err != nil {
		return fmt.Errorf("empower the owner: %w", err)
	}
	if _, err := conn.Exec(ctx, "COMMENT ON DATABASE "+quoted+" IS '"+ready+"'"); err != nil {
		return fmt.Errorf("mark the template: %w", err)
	}
	return nil
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to the server: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}
