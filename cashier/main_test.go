package cashier_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain runs models fewer times than rapid does by default, because each of their steps is a transaction. The flag still
// wins: go test ./cashier -rapid.checks=1000.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "5"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
