package operator

import (
	"net/url"
	"strings"
)

// run is the address of a workflow in the Temporal UI, its latest run first; nil without a UI.
func (s *Server) run(workflow string) *string {
	if s.TemporalUI == "" {
		return nil
	}
	namespace := s.Namespace
	if namespace == "" {
		namespace = "default"
	}
	link := strings.TrimRight(s.TemporalUI, "/") + "/namespaces/" + url.PathEscape(namespace) + "/workflows/" + url.PathEscape(workflow)
	return &link
}
