package worker

import (
	"context"
	"log/slog"
	"time"

	"fairground/internal/clock"
	"fairground/ledger"
)

// keeperGap is the time between two looks at the ledger's partitions.
const keeperGap = 24 * time.Hour

// keepPartitions gives the ledger its coming months until ctx is done. A failure is tried again
// soon: there are months to spare.
func keepPartitions(ctx context.Context, deps Deps) {
	books := ledger.New(deps.DB)
	for {
		gap := keeperGap
		made, err := books.ExtendPartitions(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			deps.Logger.ErrorContext(ctx, "no partitions for the ledger's coming months", slog.Any("error", err))
			gap = time.Minute
		case made > 0:
			deps.Logger.InfoContext(ctx, "ledger partitions made", slog.Int("partitions", made))
		}
		if clock.Sleep(ctx, deps.Clock, gap) != nil {
			return
		}
	}
}
