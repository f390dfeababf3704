package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/operators"
)

// ListKeys lists the tenant's API keys.
func (s *Server) ListKeys(ctx context.Context, _ gen.ListKeysRequestObject) (gen.ListKeysResponseObject, error) {
	keys, err := s.Operators.Keys(ctx, authorityOf(ctx))
	if err != nil {
		return nil, err
	}
	return gen.ListKeys200JSONResponse{Keys: each(keys, key)}, nil
}

// CreateKey makes an API key that acts for the caller.
func (s *Server) CreateKey(ctx context.Context, r gen.CreateKeyRequestObject) (gen.CreateKeyResponseObject, error) {
	in := operators.NewKey{Name: r.Body.Name, ExpiresAt: r.Body.ExpiresAt, Reason: r.Body.Reason}
	for _, scope := range r.Body.Scopes {
		in.Scopes = append(in.Scopes, operators.Permission(scope))
	}
	token, made, err := s.Operators.CreateKey(ctx, authorityOf(ctx), in)
	if err != nil {
		return nil, err
	}
	return gen.CreateKey201JSONResponse{Key: key(made), Token: token}, nil
}

// RevokeKey ends an API key.
func (s *Server) RevokeKey(ctx context.Context, r gen.RevokeKeyRequestObject) (gen.RevokeKeyResponseObject, error) {
	if err := s.Operators.RevokeKey(ctx, authorityOf(ctx), r.Key, r.Body.Reason); err != nil {
		return nil, err
	}
	return gen.RevokeKey204Response{}, nil
}

func key(k operators.Key) gen.Key {
	return gen.Key{
		Key: k.ID, Name: k.Name, Operator: k.Operator, Scopes: names(k.Scopes), CreatedAt: k.CreatedAt.UTC(),
		ExpiresAt: utc(k.ExpiresAt), LastUsedAt: utc(k.UsedAt), RevokedAt: utc(k.RevokedAt),
	}
}
