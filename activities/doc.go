// Package activities is what workflows do: each activity decodes its input, calls one method of a
// domain room and classifies the error. There is no SQL and no rule in here.
package activities
