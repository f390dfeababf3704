package local

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"time"
)

//go:embed web
var web embed.FS

// page serves the chat page, all of it from this binary.
func (s *Server) page() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil {
		return http.NotFoundHandler()
	}
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy",
			"default-src 'self'; img-src 'self' data:; frame-src http://127.0.0.1:* http://localhost:*; frame-ancestors 'self'")
		server.ServeHTTP(w, r)
	})
}

// simEvents is GET /sim/events: server-sent events for the page.
func (s *Server) simEvents(w http.ResponseWriter, r *http.Request) {
	flush := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	sub := s.hub.subscribe()
	defer s.hub.leave(sub)
	if err := sendEvent(w, flush, event{Type: "hello", Boot: s.boot}); err != nil {
		return
	}
	beat := s.clock.NewTimer(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case e := <-sub.events:
			err = sendEvent(w, flush, e)
		case <-beat.C():
			beat.Reset(heartbeat)
			err = sendEvent(w, flush, event{Type: "beat"})
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// heartbeat keeps the stream of events open.
const heartbeat = 20 * time.Second

func sendEvent(w http.ResponseWriter, flush *http.ResponseController, e event) error {
	raw, err := marshal(e)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "data: %s\n\n", raw); err != nil {
		return err
	}
	return flush.Flush()
}
