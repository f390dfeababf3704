package main

import (
	"context"
	"encoding/base64"
	"fmt"

	"fairground/internal/secret"
)

// gateway starts the sandbox processor, which the demo tenant's accounts pay through. Its file keeps what was paid, so a
// restart forgets no payout.
func (u *upRun) gateway(ctx context.Context) error {
	return u.stack.step("gateway", func() (string, error) {
		box, err := secret.New(u.stack.cfg.Secret.Reveal())
		if err != nil {
			return "", fmt.Errorf("FAIRGROUND_SECRET: %w", err)
		}
		u.stack.variables[gatewaySecretVariable] = gatewaySecret(box)
		defer delete(u.stack.variables, gatewaySecretVariable) // for the sandbox alone: accounts hold it sealed
		return u.startSelf(ctx, "gateway", u.url("gateway"), u.url("gateway")+"/healthz", "gateway", "--addr", u.addr("gateway"), "--state", u.data.Path("gateway.log"))
	})
}

const gatewaySecretVariable = "FAIRGROUND_GATEWAY_SECRET"

// gatewaySecret is what the sandbox and the demo tenant's accounts sign with.
func gatewaySecret(box *secret.Box) string {
	return base64.RawURLEncoding.EncodeToString(box.Key("demo gateway"))
}
