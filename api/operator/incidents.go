package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/cashier"
)

// ListIncidents lists incidents, newest first.
func (s *Server) ListIncidents(ctx context.Context, r gen.ListIncidentsRequestObject) (gen.ListIncidentsResponseObject, error) {
	page, err := s.Cashier.Incidents(ctx, authorityOf(ctx), cashier.IncidentFilter{
		Kind: text(r.Params.Kind), Status: cashier.IncidentStatus(text(r.Params.Status)), Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	return gen.ListIncidents200JSONResponse{Incidents: each(page.Incidents, incident), NextCursor: optional(page.Next)}, nil
}

// ResolveIncident closes an incident.
func (s *Server) ResolveIncident(ctx context.Context, r gen.ResolveIncidentRequestObject) (gen.ResolveIncidentResponseObject, error) {
	if err := s.Cashier.ResolveIncident(ctx, authorityOf(ctx), r.Incident, r.Body.Note); err != nil {
		return nil, err
	}
	return gen.ResolveIncident204Response{}, nil
}

func incident(i cashier.Incident) gen.Incident {
	return gen.Incident{
		Incident: i.ID, Kind: i.Kind, Status: gen.IncidentStatus(i.Status), StopsPayouts: i.StopsPayouts, Detail: raw(i.Detail),
		OpenedAt: i.OpenedAt.UTC(), ResolvedAt: utc(i.ResolvedAt), ResolvedBy: optional(i.ResolvedBy), Note: optional(i.Note),
	}
}
