package cashier

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// Refusals of incidents.
var (
	ErrIncidentNotFound = models.E("cashier.incident_not_found", "no such incident")
	ErrIncidentResolved = models.E("cashier.incident_resolved", "the incident was resolved before")
)

// IncidentStatus is the state of an incident.
type IncidentStatus string

// The states of an incident.
const (
	IncidentOpen     IncidentStatus = "open"
	IncidentResolved IncidentStatus = "resolved"
)

// IncidentReport is what went wrong. Detail is stored as JSON.
type IncidentReport struct {
	Kind         string // for example audit.drift: lower case, digits, dots and underscores
	Detail       any
	StopsPayouts bool
	Key          string // while an incident with the key is open, no other one is opened
}

// Incident is something that a person must look at.
type Incident struct {
	ID           string // inc_…
	Kind         string
	Key          string
	Detail       json.RawMessage // as last reported
	StopsPayouts bool
	Status       IncidentStatus
	OpenedAt     time.Time
	ResolvedAt   *time.Time
	ResolvedBy   string // public id of the operator
	Note         string
}

// IncidentFilter narrows a list of incidents. Zero values match all.
type IncidentFilter struct {
	Kind   string
	Status IncidentStatus
	Cursor string
	Limit  int // 1 to 200; 0 means 50
}

// IncidentPage is one page of incidents, newest first. Next is empty on the last page.
type IncidentPage struct {
	Incidents []Incident
	Next      string
}

// OpenIncident reports what went wrong and gives the incident's id. While one with the key is open, that one is meant:
// its detail is brought up to date, and it stops payouts from now on if this report does.
func (c *Cashier) OpenIncident(ctx context.Context, tenant int64, in IncidentReport) (string, error) {
	detail, err := json.Marshal(in.Detail)
	if err != nil {
		return "", fmt.Errorf("cashier: write an incident: %w", err)
	}
	var raw []byte
	err = c.db.Call(ctx, tenant, `SELECT api_incident_open($1, $2, $3, $4, $5, $6)`,
		[]any{tenant, secret.ID("inc"), in.Kind, in.Key, detail, in.StopsPayouts}, &raw)
	if err != nil {
		return "", meaning("open an incident", err)
	}
	if err := refusal(raw); err != nil {
		return "", err
	}
	var opened struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &opened); err != nil {
		return "", fmt.Errorf("cashier: open an incident: read the answer: %w", err)
	}
	return opened.ID, nil
}

// ResolveIncident ends an incident with a note; payouts go on when no other one stops them. It needs incidents.resolve
// and a step-up and returns ErrIncidentNotFound or ErrIncidentResolved.
func (c *Cashier) ResolveIncident(ctx context.Context, a operators.Authority, id, note string) error {
	if err := checkReason("note", note); err != nil {
		return err
	}
	var raw []byte
	err := c.db.Call(ctx, a.Tenant, `SELECT api_incident_resolve($1, $2, $3, $4, $5, $6)`,
		[]any{a.Tenant, string(a.Via), a.Proof, id, note, a.RequestID}, &raw)
	if err != nil {
		return meaning("resolve an incident", err)
	}
	return refusal(raw, ErrIncidentNotFound, ErrIncidentResolved)
}

// Incident reads one incident. It returns ErrIncidentNotFound and the errors of postgres.DB. Whoever shows it checks who reads.
func (c *Cashier) Incident(ctx context.Context, tenant int64, id string) (Incident, error) {
	var page IncidentPage
	err := c.read(ctx, tenant, "read an incident", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, incidentColumns+` WHERE i.tenant_id = $1 AND i.incident_id = $2`, tenant, id)
		if err != nil {
			return err
		}
		page, err = scanIncidents(rows, 1)
		return err
	})
	if err == nil && len(page.Incidents) == 0 {
		err = ErrIncidentNotFound
	}
	if err != nil {
		return Incident{}, err
	}
	return page.Incidents[0], nil
}

// OpenIncidents are how many incidents are open, how many of those stop payouts, and since when the first one is.
type OpenIncidents struct {
	Open, Stopping int
	Since          time.Time // UTC; zero for none
}

// OpenIncidents counts a tenant's open incidents.
func (c *Cashier) OpenIncidents(ctx context.Context, tenant int64) (OpenIncidents, error) {
	var out OpenIncidents
	var since *time.Time
	err := c.db.Call(ctx, tenant, `SELECT count(*), count(*) FILTER (WHERE stops_payouts), min(opened_at) FROM incidents WHERE tenant_id = $1 AND status = 'open'`,
		[]any{tenant}, &out.Open, &out.Stopping, &since)
	if err != nil {
		return OpenIncidents{}, fmt.Errorf("cashier: count incidents: %w", err)
	}
	if since != nil {
		out.Since = since.UTC()
	}
	return out, nil
}

const incidentColumns = `
	SELECT i.seq, i.incident_id, i.kind, i.key, i.detail, i.stops_payouts, i.status, i.opened_at, i.resolved_at, coalesce(o.public_id, ''), i.note
	  FROM incidents i LEFT JOIN operators o ON o.tenant_id = i.tenant_id AND o.operator_id = i.resolved_by`

// PayoutsStopped says whether an open incident stops the tenant's payouts. The payout itself looks again.
func (c *Cashier) PayoutsStopped(ctx context.Context, tenant int64) (bool, error) {
	var stopped bool
	err := c.db.Call(ctx, tenant, `SELECT EXISTS (SELECT 1 FROM incidents WHERE tenant_id = $1 AND status = 'open' AND stops_payouts)`, []any{tenant}, &stopped)
	if err != nil {
		return false, fmt.Errorf("cashier: look for incidents: %w", err)
	}
	return stopped, nil
}

// Incidents lists incidents. It needs incidents.read.
func (c *Cashier) Incidents(ctx context.Context, a operators.Authority, f IncidentFilter) (IncidentPage, error) {
	if err := a.Allow(operators.IncidentsRead); err != nil {
		return IncidentPage{}, err
	}
	before, err := rowCursor(f.Cursor)
	if err != nil {
		return IncidentPage{}, err
	}
	limit := rowLimit(f.Limit)
	var page IncidentPage
	err = c.db.InTenant(ctx, a.Tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, incidentColumns+`
			 WHERE i.tenant_id = $1 AND ($2::bigint = 0 OR i.seq < $2) AND ($3 = '' OR i.kind = $3) AND ($4 = '' OR i.status = $4)
			 ORDER BY i.seq DESC LIMIT $5`, a.Tenant, before, f.Kind, string(f.Status), limit+1)
		if err != nil {
			return err
		}
		page, err = scanIncidents(rows, limit)
		return err
	})
	if err != nil {
		return IncidentPage{}, fmt.Errorf("cashier: list incidents: %w", err)
	}
	return page, nil
}

// scanIncidents reads up to limit rows; one more says that there is a next page.
func scanIncidents(rows pgx.Rows, limit int) (IncidentPage, error) {
	defer rows.Close()
	var page IncidentPage
	var last int64
	for rows.Next() {
		var one Incident
		var seq int64
		if err := rows.Scan(&seq, &one.ID, &one.Kind, &one.Key, &one.Detail, &one.StopsPayouts, &one.Status, &one.OpenedAt,
			&one.ResolvedAt, &one.ResolvedBy, &one.Note); err != nil {
			return IncidentPage{}, err
		}
		if len(page.Incidents) == limit {
			page.Next = strconv.FormatInt(last, 10)
			continue
		}
		page.Incidents, last = append(page.Incidents, one), seq
	}
	return page, rows.Err()
}
