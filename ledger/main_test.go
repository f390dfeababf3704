package ledger_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain runs the model fewer times than rapid does by default, because each of its steps
// is a transaction. The flag still wins: go test ./ledger -rapid.checks=1000.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "30"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
