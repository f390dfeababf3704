package operator

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"fairground/api/operator/gen"
	"fairground/operators"
)

// ListLog lists what operators did, newest first.
func (s *Server) ListLog(ctx context.Context, r gen.ListLogRequestObject) (gen.ListLogResponseObject, error) {
	page, err := s.Operators.Log(ctx, authorityOf(ctx), operators.LogFilter{
		Action: text(r.Params.Action), Operator: text(r.Params.Operator), Subject: text(r.Params.Subject),
		Since: moment(r.Params.Since), Until: moment(r.Params.Until), Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	return gen.ListLog200JSONResponse{Entries: each(page.Entries, entry), NextCursor: optional(page.Next)}, nil
}

func entry(e operators.LogEntry) gen.LogEntry {
	return gen.LogEntry{
		Entry: strconv.FormatInt(e.ID, 10), At: e.At.UTC(), Operator: optional(e.Operator), OperatorName: optional(e.OperatorName),
		Via: string(e.Via), Action: e.Action, SubjectKind: e.SubjectKind, Subject: e.Subject, Before: raw(e.Before), After: raw(e.After),
		Reason: e.Reason, RequestId: e.RequestID,
	}
}

func raw(m json.RawMessage) *json.RawMessage {
	if len(m) == 0 || string(m) == "null" {
		return nil
	}
	return &m
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
