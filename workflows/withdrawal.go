package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"
)

// Withdrawal takes a withdrawal from the request to its end.
func Withdrawal(workflow.Context, WithdrawalInput) (WithdrawalResult, error) {
	return WithdrawalResult{}, errors.New("withdrawals are not served yet")
}
