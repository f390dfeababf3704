package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	dialTimeout = 250 * time.Millisecond
	ioTimeout   = 250 * time.Millisecond
)

// Open makes a client for url (redis:// or rediss://) and checks that the server answers.
// When it does not, Open returns the client together with the error: the caller may go on,
// because the client connects by itself once the server is back.
//
// The client never repeats a command: a script that ran twice could count twice.
func Open(ctx context.Context, url string) (*goredis.Client, error) {
	opts, err := goredis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis: parse the address: %w", err)
	}
	opts.MaxRetries = -1
	opts.DialTimeout = dialTimeout
	opts.DialerRetries = 1
	opts.ReadTimeout = ioTimeout
	opts.WriteTimeout = ioTimeout
	opts.PoolTimeout = ioTimeout
	opts.ContextTimeoutEnabled = true
	client := goredis.NewClient(opts)
	if err := client.Ping(ctx).Err(); err != nil {
		return client, fmt.Errorf("redis: reach the server: %w", err)
	}
	return client, nil
}
