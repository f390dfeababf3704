package player

import (
	"context"

	"fairground/models"
	"fairground/players"
)

type callerKey struct{}

// Caller is the player a request speaks for.
type Caller struct {
	players.Identity
	Token string // as sent; never log it
}

// WithCaller returns a context that carries the caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callerOf is the caller the middleware authenticated. Without one, which only a wrong
// document could cause, the zero Caller belongs to no tenant and sees nothing.
func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// inGroup finds a group of the caller's tenant and checks that the caller belongs to it. It
// returns players.group_not_found or players.not_member.
func (s *Server) inGroup(ctx context.Context, publicID string) (Caller, models.Group, error) {
	c := callerOf(ctx)
	g, err := s.players.GroupByPublicID(ctx, c.Tenant, publicID)
	if err != nil {
		return c, g, err
	}
	_, err = s.players.Member(ctx, c.Tenant, g.ID, c.Player)
	return c, g, err
}
