package localstack

import "syscall"

// childAttr puts the child into its own process group, so that Ctrl-C reaches it through the supervisor and in
// order, and has the kernel end it when the supervisor is killed.
func childAttr(p Process) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: p.Orphan, Credential: p.User.credential()}
}
