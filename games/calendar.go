package games

import (
	"strconv"
	"strings"
)

// maxEvery is a week in minutes: the longest gap between automatic rounds.
const maxEvery = 7 * 24 * 60

// validCalendar takes five fields as cron has them, numbers only: minute, hour, day of the month, month, day of the week (0 is Sunday).
// A field is "*" or a list of numbers and ranges, each with an optional step.
func validCalendar(text string) bool {
	fields := strings.Fields(text)
	bounds := [...][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}
	if len(fields) != len(bounds) || len(text) > 128 {
		return false
	}
	for i, field := range fields {
		for part := range strings.SplitSeq(field, ",") {
			if !validPart(part, bounds[i][0], bounds[i][1]) {
				return false
			}
		}
	}
	return true
}

func validPart(part string, low, high int) bool {
	span, step, stepped := strings.Cut(part, "/")
	if stepped {
		if n, err := strconv.Atoi(step); err != nil || n < 1 || n > high {
			return false
		}
	}
	if span == "*" {
		return true
	}
	from, to, ranged := strings.Cut(span, "-")
	a, err := strconv.Atoi(from)
	if err != nil || a < low || a > high || from != strconv.Itoa(a) {
		return false
	}
	if !ranged {
		return !stepped
	}
	b, err := strconv.Atoi(to)
	return err == nil && b >= a && b <= high && to == strconv.Itoa(b)
}
