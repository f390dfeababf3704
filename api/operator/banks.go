package operator

import (
	"context"
	"encoding/json"
	"fmt"

	"fairground/api/operator/gen"
	"fairground/games"
)

// ListQuestionBanks shows the banks of questions, without a question.
func (s *Server) ListQuestionBanks(ctx context.Context, _ gen.ListQuestionBanksRequestObject) (gen.ListQuestionBanksResponseObject, error) {
	banks, err := s.Engine.ListBanks(ctx, authorityOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return gen.ListQuestionBanks200JSONResponse{Banks: each(banks, questionBank)}, nil
}

// ImportQuestionBank stores a bank of questions as the next version of its name.
func (s *Server) ImportQuestionBank(ctx context.Context, r gen.ImportQuestionBankRequestObject) (gen.ImportQuestionBankResponseObject, error) {
	in := games.BankImport{By: authorityOf(ctx), Bank: r.Body.Bank, Title: r.Body.Title, CSV: text(r.Body.Csv), Reason: r.Body.Reason}
	if r.Body.Questions != nil {
		var err error
		if in.Items, err = json.Marshal(*r.Body.Questions); err != nil {
			return nil, fmt.Errorf("read the questions again: %w", err)
		}
	}
	bank, err := s.Engine.ImportBank(ctx, in)
	if err != nil {
		return nil, err
	}
	return gen.ImportQuestionBank201JSONResponse(questionBank(bank)), nil
}

func questionBank(b games.Bank) gen.QuestionBank {
	return gen.QuestionBank{Bank: b.Bank, Version: small(b.Version), Title: b.Title, Size: small(b.Size), Hash: b.Hash, ImportedAt: b.ImportedAt}
}
