package localstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// ErrPortBusy says that a port is taken by another program.
var ErrPortBusy = errors.New("port is in use")

// loopback is the only address that local services listen on.
const loopback = "127.0.0.1"

// portPatience is how long a busy port may take to come free: what a killed predecessor needs to let go of it.
const portPatience = 3 * time.Second

// hostPort returns the loopback address of a port.
func hostPort(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// FreePort asks the system for an unused loopback port.
func FreePort() (int, error) {
	listener, err := net.Listen("tcp", hostPort(0)) //nolint:noctx // binds and closes at once
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: unexpected address %s", listener.Addr())
	}
	return address.Port, nil
}

// CheckPort returns ErrPortBusy, naming the service and the flag that moves it, if the port stays taken.
func CheckPort(ctx context.Context, service string, port int, flag string) error {
	ctx, cancel := context.WithTimeout(ctx, portPatience)
	defer cancel()
	for {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", hostPort(port))
		if err == nil {
			return listener.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s wants %s; choose another with %s N, or move every port with --port-base N", ErrPortBusy, service, hostPort(port), flag)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
