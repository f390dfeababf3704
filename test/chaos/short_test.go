//go:build !chaos

package chaos

// rounds is how often each part is killed.
const rounds = 1

// victims are the parts that are killed.
func victims() []string { return []string{"worker", "api", "postgres", "bot"} }
