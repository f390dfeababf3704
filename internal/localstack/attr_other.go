//go:build !linux

package localstack

import "syscall"

// childAttr puts the child into its own process group, so that Ctrl-C reaches it through the supervisor and in
// order. Only Linux can also end it when the supervisor itself is killed.
func childAttr(p Process) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: p.User.credential()}
}
