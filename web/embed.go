package web

import (
	"embed"
	"io/fs"
)

//go:embed verify/*.html verify/*.css verify/*.js verify/games/*.js
var verify embed.FS

// Verify is the public page on which a browser recomputes a round. It needs only the proof.
func Verify() fs.FS {
	files, err := fs.Sub(verify, "verify")
	if err != nil {
		panic("web: " + err.Error()) // the folder is embedded
	}
	return files
}
