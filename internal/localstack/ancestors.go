package localstack

import (
	"fmt"
	"os"
	"strings"
)

// Launchers lists who started pid: its parent and, when the parent runs below the go command as in go tool task, that
// command too. It never lists a shell above them, which may end and leave its background jobs running.
func Launchers(pid int) []int {
	parent := parentOf(pid)
	if parent <= 1 {
		return nil
	}
	found := []int{parent}
	if above := parentOf(parent); above > 1 && nameOf(above) == "go" {
		found = append(found, above)
	}
	return found
}

func nameOf(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// SameAncestors says whether pid still has the ancestors that were listed before.
func SameAncestors(pid int, before []int) bool {
	for _, ancestor := range before {
		pid = parentOf(pid)
		if pid != ancestor {
			return false
		}
	}
	return true
}

func parentOf(pid int) int {
	if pid == os.Getpid() {
		return os.Getppid()
	}
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name in parentheses may hold anything; the state and the parent follow the last of them.
	text := string(data)
	rest := text[strings.LastIndex(text, ")")+1:]
	var state string
	var parent int
	if _, err := fmt.Sscan(rest, &state, &parent); err != nil {
		return 0
	}
	return parent
}
