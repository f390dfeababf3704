package crash

import "sort"

const (
	stepMS = 100
	unit   = 1_000_000 // parts of a hundredth that the curve counts in
	start  = 100       // hundredths: 1.00 times
)

// curve is the multiplier over time: the value at the beginning of each step of 100 ms until the cap is reached, in
// millionths of a hundredth.
type curve []int64

func newCurve(growthPPM, most int64) curve {
	c := curve{start * unit}
	for last := c[0]; last < most*unit; {
		last += last * growthPPM / unit
		c = append(c, last)
	}
	return c
}

// at is the multiplier in hundredths t ms after the start. It stands still once the cap is reached.
func (c curve) at(t int64) int64 {
	k := t / stepMS
	if k >= int64(len(c)-1) {
		return c[len(c)-1] / unit
	}
	return (c[k] + (c[k+1]-c[k])*(t%stepMS)/stepMS) / unit
}

// reaches is the first millisecond at which the curve is at a multiplier or beyond it, no more than the cap.
func (c curve) reaches(multiplier int64) int64 {
	k := sort.Search(len(c), func(k int) bool { return c[k]/unit >= multiplier })
	if k == 0 {
		return 0
	}
	from := int64(k-1) * stepMS
	return from + int64(sort.Search(stepMS, func(ms int) bool { return c.at(from+int64(ms)) >= multiplier }))
}
