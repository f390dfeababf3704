package redis

import (
	"context"
	"fmt"
	"log/slog"

	goredis "github.com/redis/go-redis/v9"
)

// RouteLogs sends what the client library says of itself to logger instead of stderr. It holds for the whole
// process: call it before Open.
func RouteLogs(logger *slog.Logger) { goredis.SetLogger(libraryLog{logger}) }

// libraryLog turns the library's lines, all of them about trouble, into warnings.
type libraryLog struct{ logger *slog.Logger }

// Printf is what the library calls.
func (l libraryLog) Printf(ctx context.Context, format string, args ...any) {
	l.logger.WarnContext(ctx, "redis client", slog.String("said", fmt.Sprintf(format, args...)))
}
