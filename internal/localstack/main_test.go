package localstack_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"fairground/internal/localstack"
)

// parentVariable makes the test binary act as a supervisor that is going to be killed.
const parentVariable = "FAIRGROUND_LOCALSTACK_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentVariable); dir != "" { //nolint:forbidigo // the test binary's own switch, not configuration
		superviseUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// superviseUntilKilled supervises one child, tells its id and waits to be killed.
func superviseUntilKilled(dir string) {
	supervisor := localstack.NewSupervisor(slog.New(slog.DiscardHandler), nil)
	if err := supervisor.Start(context.Background(), sleeper("orphan")); err != nil {
		panic(err)
	}
	if err := localstack.WriteFile(dir+"/pid", fmt.Append(nil, supervisor.Pid("orphan"))); err != nil {
		panic(err)
	}
	time.Sleep(time.Minute)
	panic("nobody killed the supervisor")
}
