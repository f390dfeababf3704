package local

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// maxBody bounds a request's body; Telegram takes 50 MB of files, texts are far smaller.
const maxBody = 8 << 20

// params are a call's parameters. Structured ones are JSON texts, whatever way they came.
type params map[string]string

// readParams takes the parameters from the query, a form, multipart fields or a JSON object.
func readParams(r *http.Request) (params, bool, error) {
	p := params{}
	for name, values := range r.URL.Query() {
		p[name] = values[0]
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	switch kind {
	case "application/json":
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, false, errors.New("can't read the request body")
		}
		return p, false, p.addJSON(raw)
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil { //nolint:gosec // the body is bounded above
			return nil, false, errors.New("can't parse multipart form data")
		}
		p.addForm(r.MultipartForm.Value)
		files := len(r.MultipartForm.File) > 0
		return p, files, r.MultipartForm.RemoveAll()
	default:
		if err := r.ParseForm(); err != nil {
			return nil, false, errors.New("can't parse form data")
		}
		p.addForm(r.PostForm)
		return p, false, nil
	}
}

func (p params) addForm(form map[string][]string) {
	for name, values := range form {
		if len(values) > 0 {
			p[name] = values[0]
		}
	}
}

// addJSON flattens an object: texts as they are, everything else as JSON, nulls left out.
func (p params) addJSON(raw []byte) error {
	if len(strings.TrimSpace(string(raw))) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return errors.New("can't parse JSON object")
	}
	for name, value := range fields {
		var text string
		switch {
		case string(value) == "null":
		case json.Unmarshal(value, &text) == nil:
			p[name] = text
		default:
			p[name] = string(value)
		}
	}
	return nil
}

// int64 reads a whole number, 0 when it is missing or no number.
func (p params) int64(name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(p[name]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// flag reads a boolean the way Telegram does.
func (p params) flag(name string) bool {
	switch strings.ToLower(strings.TrimSpace(p[name])) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// decode reads a JSON parameter; a missing one leaves out as it is.
func (p params) decode(name string, out any) error {
	raw := strings.TrimSpace(p[name])
	if raw == "" || raw == "null" {
		return nil
	}
	if err := json.Unmarshal([]byte(raw), out); err != nil {
		return badRequest("can't parse " + strings.ReplaceAll(name, "_", " ") + " JSON object")
	}
	return nil
}
