package api

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUndeclaredOperationsAreNotServed keeps an operation that nobody said the permission of from
// being served at all.
func TestUndeclaredOperationsAreNotServed(t *testing.T) {
	t.Parallel()
	const document = `
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /v1/operator/thing:
    get:
      operationId: getThing
      %s
      responses: {'200': {description: fine}}
`
	for line, ok := range map[string]bool{
		"x-permission: groups.read":                                       true,
		"x-permission: session":                                           true,
		"{x-permission: public, security: []}":                            false, // not even YAML
		"x-permission: public":                                            false, // security says otherwise
		"security: []":                                                    false,
		"tags: [thing]":                                                   false,
		"x-permission: groups.write":                                      false,
		"x-permission: groups.read\n      security: []":                   false,
		"x-permission: public\n      security: []":                        true,
		"x-permission: public\n      security: []\n      x-step-up: true": false,
	} {
		err := operations{}.add("test.yaml", fmt.Appendf(nil, document, line), declared)
		require.Equal(t, ok, err == nil, "%s: %v", line, err)
	}
}
