package conformance

import (
	"fmt"
	"io"
	"strings"
)

// Write prints the report as a table, and under it what failed and why.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	width, counts := 0, map[Status]int{}
	for _, one := range r.Results {
		width = max(width, len(one.Case))
		counts[one.Status]++
	}
	fmt.Fprintf(&b, "%s\n\n", r.URL)
	for _, one := range r.Results {
		fmt.Fprintf(&b, "%s  %-*s  %s\n", one.Status, width, one.Case, one.Title)
		if one.Expected != "" {
			fmt.Fprintf(&b, "%*s  expected  %s\n", width+6, "", one.Expected)
		}
		if one.Got != "" {
			fmt.Fprintf(&b, "%*s  got       %s\n", width+6, "", one.Got)
		}
	}
	fmt.Fprintf(&b, "\n%d passed, %d failed, %d skipped\n", counts[Pass], counts[Fail], counts[Skip])
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}
