package localstack_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// scratch returns a folder that every user may enter: t.TempDir's parents may be closed to PostgreSQL's user.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fairground-localstack-") //nolint:usetesting // see above
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// alive says whether a process has the id. A zombie that waits for its parent counts as gone.
func alive(pid int) bool {
	return syscall.Kill(pid, 0) == nil
}
