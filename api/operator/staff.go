package operator

import (
	"context"

	"fairground/api/operator/gen"
	"fairground/models"
	"fairground/operators"
)

// ListRoles shows the permission matrix.
func (s *Server) ListRoles(context.Context, gen.ListRolesRequestObject) (gen.ListRolesResponseObject, error) {
	matrix := operators.Matrix()
	out := gen.RoleList{Roles: make([]gen.RolePermissions, 0, len(matrix))}
	for _, role := range operators.Roles() {
		out.Roles = append(out.Roles, gen.RolePermissions{Role: gen.Role(role), Permissions: names(matrix[role])})
	}
	return gen.ListRoles200JSONResponse(out), nil
}

// ListOperators lists the tenant's operators.
func (s *Server) ListOperators(ctx context.Context, r gen.ListOperatorsRequestObject) (gen.ListOperatorsResponseObject, error) {
	page, err := s.Operators.List(ctx, authorityOf(ctx), operators.Filter{
		Status: models.OperatorStatus(text(r.Params.Status)), Role: models.Role(text(r.Params.Role)),
		Cursor: text(r.Params.Cursor), Limit: limitOf(r.Params.Limit),
	})
	if err != nil {
		return nil, err
	}
	return gen.ListOperators200JSONResponse{Operators: each(page.Operators, staff), NextCursor: optional(page.Next)}, nil
}

// InviteOperator adds an operator who has yet to choose a password.
func (s *Server) InviteOperator(ctx context.Context, r gen.InviteOperatorRequestObject) (gen.InviteOperatorResponseObject, error) {
	token, o, err := s.Operators.Invite(ctx, authorityOf(ctx), operators.Invitation{
		Email: r.Body.Email, Name: r.Body.Name, Roles: rolesIn(r.Body.Roles), Reason: r.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	return gen.InviteOperator201JSONResponse{Operator: staff(o), Invitation: token}, nil
}

// GetOperator shows an operator.
func (s *Server) GetOperator(ctx context.Context, r gen.GetOperatorRequestObject) (gen.GetOperatorResponseObject, error) {
	o, err := s.Operators.Get(ctx, authorityOf(ctx), r.Operator)
	if err != nil {
		return nil, err
	}
	return gen.GetOperator200JSONResponse(staff(o)), nil
}

// SetRoles gives an operator other roles.
func (s *Server) SetRoles(ctx context.Context, r gen.SetRolesRequestObject) (gen.SetRolesResponseObject, error) {
	o, err := s.changed(ctx, r.Operator, s.Operators.SetRoles(ctx, authorityOf(ctx), r.Operator, rolesIn(r.Body.Roles), r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.SetRoles200JSONResponse(o), nil
}

// DisableOperator shuts an operator out.
func (s *Server) DisableOperator(ctx context.Context, r gen.DisableOperatorRequestObject) (gen.DisableOperatorResponseObject, error) {
	o, err := s.changed(ctx, r.Operator, s.Operators.Disable(ctx, authorityOf(ctx), r.Operator, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.DisableOperator200JSONResponse(o), nil
}

// EnableOperator lets an operator in again.
func (s *Server) EnableOperator(ctx context.Context, r gen.EnableOperatorRequestObject) (gen.EnableOperatorResponseObject, error) {
	o, err := s.changed(ctx, r.Operator, s.Operators.Enable(ctx, authorityOf(ctx), r.Operator, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.EnableOperator200JSONResponse(o), nil
}

// ResetSecondFactor forgets an operator's second factor.
func (s *Server) ResetSecondFactor(ctx context.Context, r gen.ResetSecondFactorRequestObject) (gen.ResetSecondFactorResponseObject, error) {
	o, err := s.changed(ctx, r.Operator, s.Operators.ResetSecondFactor(ctx, authorityOf(ctx), r.Operator, r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.ResetSecondFactor200JSONResponse(o), nil
}

// changed shows an operator after an act on it, unless the act failed.
func (s *Server) changed(ctx context.Context, id string, act error) (gen.Operator, error) {
	if act != nil {
		return gen.Operator{}, act
	}
	o, err := s.Operators.Get(ctx, authorityOf(ctx), id)
	return staff(o), err
}

func staff(o models.Operator) gen.Operator {
	return gen.Operator{
		Operator: o.PublicID, Email: o.Email, Name: o.Name, Roles: roles(o.Roles), Status: gen.OperatorStatus(o.Status),
		SecondFactor: o.SecondFactor, Telegram: o.TelegramID != nil, SignedInAt: utc(o.SignedInAt), CreatedAt: o.CreatedAt.UTC(),
	}
}
