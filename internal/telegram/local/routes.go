package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// routes puts the Bot API, the /sim API and the page behind one handler.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.page())
	mux.HandleFunc("GET /sim/events", s.simEvents)
	for pattern, handle := range s.simRoutes() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			result, err := handle(r)
			if err != nil {
				writeSimError(w, err)
				return
			}
			writeJSON(w, http.StatusOK, result)
		})
	}
	mux.HandleFunc("/sim/", func(w http.ResponseWriter, r *http.Request) {
		writeSimError(w, &SimError{Status: http.StatusNotFound, Code: "sim.unknown_route", Message: "no such route: " + r.Method + " " + r.URL.Path})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local(r) {
			http.Error(w, "this server answers only its own machine", http.StatusForbidden)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/bot") {
			s.serveBot(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// simRoute is one route of the /sim API.
type simRoute func(r *http.Request) (any, error)

// simRoutes are all routes of the /sim API but the event stream; doc.go describes them.
func (s *Server) simRoutes() map[string]simRoute {
	return map[string]simRoute{
		"GET /sim/state":        s.simState,
		"GET /sim/chats":        s.simChats,
		"GET /sim/messages":     s.simMessages,
		"GET /sim/commands":     s.simCommands,
		"GET /sim/log":          s.simLog,
		"DELETE /sim/log":       s.simClearLog,
		"POST /sim/bots":        s.simBot,
		"POST /sim/users":       s.simUser,
		"POST /sim/chats":       s.simChat,
		"POST /sim/topics":      s.simTopic,
		"POST /sim/members":     s.simMember,
		"POST /sim/join":        s.simJoin,
		"POST /sim/leave":       s.simLeave,
		"POST /sim/block":       s.simBlock,
		"POST /sim/migrate":     s.simMigrate,
		"POST /sim/send":        s.simSend,
		"POST /sim/tap":         s.simTap,
		"POST /sim/forge":       s.simForge,
		"POST /sim/crowd":       s.simCrowd,
		"POST /sim/crowd/users": s.simCrowdUsers,
		"POST /sim/wait":        s.simWait,
		"POST /sim/limits":      s.simLimits,
		"POST /sim/dice":        s.simDice,
		"POST /sim/initdata":    s.simInitData,
		"POST /sim/pay":         s.simPay,
	}
}

// local says whether a request comes from this machine's own pages and programs: another
// site open in the browser may not reach the simulator through it.
func local(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if !isLoopbackHost(strings.Trim(host, "[]")) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && isLoopbackHost(u.Hostname())
}

// SimError is a refusal of the /sim API. Field names the parameter that is wrong.
type SimError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// Error implements error.
func (e *SimError) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// invalid is the refusal of a wrong parameter.
func invalid(field, format string, args ...any) error {
	return &SimError{Status: http.StatusBadRequest, Code: "sim.invalid", Field: field, Message: fmt.Sprintf(format, args...)}
}

// missing is the refusal of a parameter that names nothing.
func missing(field, format string, args ...any) error {
	return &SimError{Status: http.StatusNotFound, Code: "sim.not_found", Field: field, Message: fmt.Sprintf(format, args...)}
}

// refused is the refusal of something that Telegram would not allow now.
func refused(field, format string, args ...any) error {
	return &SimError{Status: http.StatusConflict, Code: "sim.refused", Field: field, Message: fmt.Sprintf(format, args...)}
}

func writeSimError(w http.ResponseWriter, err error) {
	var e *SimError
	if !errors.As(err, &e) {
		e = &SimError{Status: http.StatusInternalServerError, Code: "sim.internal", Message: err.Error()}
	}
	writeJSON(w, e.Status, map[string]*SimError{"error": e})
}

// writeJSON answers with JSON.
func writeJSON(w http.ResponseWriter, status int, v any) {
	raw, err := marshal(v)
	if err != nil {
		http.Error(w, `{"ok":false,"error_code":500,"description":"Internal Server Error"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(raw) //nolint:gosec // JSON with its content type and nosniff: no browser reads it as a page
}

// readBody reads a JSON body strictly, so that a mistyped field is named.
func readBody(r *http.Request, out any) error {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(out)
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return invalid(wrong.Field, "must be %s, not %s", wrong.Type, wrong.Value)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid(strings.Trim(name, `"`), "there is no such field")
	}
	return invalid("", "the body is not JSON: %v", err)
}
